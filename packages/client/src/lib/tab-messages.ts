import { TidingsError } from '@tidings/core'
import { fromProblem, type Problem, type SubscribedSignal } from '@tidings/core/wire'
import type { ConnectionState } from './connection-state.js'

/** What a tab asks of the one that holds the connection; `tab` is who asks. */
export type TabRequest =
  /** Carry a topic for it, from a cursor or from now on. */
  | { readonly type: 'want'; readonly tab: string; readonly key: string; readonly cursor: string | undefined }
  /** Get the topic's state once more, as it is at the cursor or later. */
  | {
      readonly type: 'snapshot'
      readonly tab: string
      readonly key: string
      readonly cursor: string | undefined
    }
  | { readonly type: 'leave'; readonly tab: string; readonly key: string }

/** What the tab that holds the connection tells all others, or `to` one of them. */
export type Telling = { readonly to?: string | undefined } & (
  | { readonly type: 'frame'; readonly name: string; readonly data: string; readonly id: string }
  | { readonly type: 'state'; readonly state: SentState }
  | { readonly type: 'refused'; readonly problem: Problem }
  /** It has just become the one that holds the connection, and does not know yet who wants what. */
  | { readonly type: 'holder' }
)

/** What is told, by whom, and since when they hold the connection: one that does not any more may be heard late. */
export type Broadcast = Telling & { readonly holder: string; readonly since: number }

export type TabMessage = TabRequest | Broadcast

/** A {@link SubscribedSignal} for a tab. */
export interface JoinedSignal extends SubscribedSignal {
  /** The topic was carried for others already: a snapshot has to be asked for. */
  readonly isJoined?: boolean
}

/** A state as it is sent: an error does not survive that, its problem document does. */
type SentState = Omit<ConnectionState, 'problem'> & { readonly problem?: Problem }

export function sentState(state: ConnectionState): SentState {
  return 'problem' in state && state.problem
    ? { ...state, problem: sentProblem(state.problem) }
    : (state as SentState)
}

/** An error as it is sent to other tabs, also one that never came from a server. */
export function sentProblem({ status, message, code, retryAfterMs }: TidingsError): Problem {
  return { title: '', status, detail: message, code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

export function receivedState(sent: SentState): ConnectionState {
  if (!sent.problem) return sent as ConnectionState
  return { ...sent, problem: receivedProblem(sent.problem) } as ConnectionState
}

export function receivedProblem(problem: Problem): TidingsError {
  return fromProblem(problem) ?? new TidingsError({ code: 'network', message: problem.detail })
}

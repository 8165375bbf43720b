import { TidingsError } from '@tidings/core'
import { fromProblem, type Problem, type SubscribedSignal } from '@tidings/core/wire'
import type { ConnectionState } from '../connection/connection-state.js'

/** What a tab asks of the holder, the tab that holds the connection, about a topic. `tab` is the tab that asks. */
export type TopicRequest = { readonly tab: string; readonly key: string } & (
  | /** Carry a topic, from a cursor or from now on. */ {
      readonly type: 'want'
      readonly cursor: string | undefined
    }
  | /** Get the topic's state again, as it is at the cursor or later. */ {
      readonly type: 'snapshot'
      readonly cursor: string | undefined
    }
  | { readonly type: 'leave' }
)

export type TabRequest =
  | TopicRequest
  /** Tell the state of the connection, with the `nonce`. The answer also shows that the holder runs. */
  | { readonly type: 'ping'; readonly tab: string; readonly nonce: string }
  /** Make another connection, since the user has signed in or out. */
  | { readonly type: 'reconnect'; readonly tab: string }

/** What the holder tells all tabs, or the tab that `to` names. */
export type LeaderMessage = { readonly to?: string | undefined } & (
  | { readonly type: 'frame'; readonly name: string; readonly data: string; readonly id: string }
  /** `nonce` is that of the ping that this answers. */
  | { readonly type: 'state'; readonly state: SentState; readonly nonce?: string }
  /**
   * Every tab has to say again what it wants: the holder has just been elected, or, with `isDoubtful`, another script has
   * spoken in its name, so that the tabs cannot rely on what they have received.
   */
  | { readonly type: 'holder'; readonly isDoubtful?: boolean }
)

export type StampedLeaderMessage = LeaderMessage & { readonly holder: string }

export type TabMessage = TabRequest | StampedLeaderMessage

/** A {@link SubscribedSignal} for a tab. */
export interface JoinedSignal extends SubscribedSignal {
  /** The topic was carried for others already: a snapshot has to be asked for. */
  readonly isJoined?: boolean
}

/** A state as it is sent: an error does not survive that, its problem document does. */
export type SentState = Omit<ConnectionState, 'problem'> & { readonly problem?: Problem }

/** Characters at most. Ids are of 28 at most, and servers refuse keys long before. */
const most = { id: 64, key: 65_536 }

/** Reads a message of the channel, which every script of the origin can post to: `undefined` if it is malformed. */
export function readTabMessage(data: unknown): TabMessage | undefined {
  if (!isRecord(data)) return undefined
  const { tab, holder, to } = data
  const isWellFormed =
    tab === undefined
      ? isText(holder, most.id) && (to === undefined || isText(to, most.id)) && isTelling(data)
      : isText(tab, most.id) && isRequest(data)
  return isWellFormed ? (data as unknown as TabMessage) : undefined
}

function isRequest({ type, key, cursor, nonce }: Unchecked): boolean {
  if (type === 'ping') return isText(nonce, most.id)
  if (type === 'reconnect') return true
  const isAboutTopic = type === 'want' || type === 'snapshot' || type === 'leave'
  return isAboutTopic && isText(key, most.key) && isTextOrAbsent(cursor)
}

function isTelling({ type, name, data, id, state, nonce }: Unchecked): boolean {
  switch (type) {
    case 'frame':
      return isText(name) && isText(data) && isText(id)
    case 'state':
      return isRecord(state) && isState(state) && isTextOrAbsent(nonce)
    default:
      return type === 'holder'
  }
}

function isState({ status, attempt, retryAt, problem }: Unchecked): boolean {
  switch (status) {
    case 'idle':
    case 'open':
      return true
    case 'connecting':
      return Number.isSafeInteger(attempt)
    case 'waiting':
      return Number.isSafeInteger(attempt) && Number.isFinite(retryAt) && isProblem(problem)
    default:
      return status === 'closed' && isProblem(problem)
  }
}

function isProblem(problem: unknown): boolean {
  return isRecord(problem) && isText(problem['detail']) && isText(problem['code'])
}

type Unchecked = Readonly<Record<string, unknown>>

function isRecord(value: unknown): value is Unchecked {
  return typeof value === 'object' && value !== null
}

function isText(value: unknown, maxLength = Number.POSITIVE_INFINITY): boolean {
  return typeof value === 'string' && value.length <= maxLength
}

function isTextOrAbsent(value: unknown): boolean {
  return value === undefined || isText(value, most.id * 2)
}

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

function receivedProblem(problem: Problem): TidingsError {
  return fromProblem(problem) ?? new TidingsError({ code: 'network', message: problem.detail })
}

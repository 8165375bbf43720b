import type { TidingsError } from '@tidings/core'
import type { Problem } from '@tidings/core/wire'
import type { ConnectionState } from '../connection/connection-state.js'
import { parts } from './parts.js'

/** A tab's request to the leader about a topic. */
export type TopicRequest = { readonly tab: string; readonly key: string } & (
  | /** Subscribes to the topic, from a cursor or from now on. */ {
      readonly type: 'subscribe'
      readonly cursor: string | undefined
    }
  | /** Requests the topic's snapshot, as of the cursor or later. */ {
      readonly type: 'snapshot'
      readonly cursor: string | undefined
    }
  | { readonly type: 'unsubscribe' }
  /** Takes nothing more of a run until it subscribes again. */
  | { readonly type: 'pause' }
)

export type TabRequest =
  | TopicRequest
  /** Requests the connection's state. The response repeats the `nonce`, and shows that the leader runs. */
  | { readonly type: 'ping'; readonly tab: string; readonly nonce: string }
  /** Requests another connection, since the user has signed in or out. */
  | { readonly type: 'reconnect'; readonly tab: string }

/** A message of the leader to all tabs, or to the tab `to`. */
export type LeaderMessage = { readonly to?: string | undefined } & (
  | { readonly type: 'frame'; readonly name: string; readonly data: string; readonly id: string }
  /** `nonce` is that of the ping that this responds to, and `contract` the hash of the server's contract. */
  | {
      readonly type: 'state'
      readonly state: SentState
      readonly nonce?: string | undefined
      readonly contract?: unknown
    }
  /**
   * Has every tab subscribe to its topics again: the leader was just elected or, with `isForged`, another
   * script sent messages in its name, so that no tab can rely on its cursors.
   */
  | { readonly type: 'leader'; readonly isForged?: boolean }
)

export type StampedLeaderMessage = LeaderMessage & { readonly leader: string }

export type TabMessage = TabRequest | StampedLeaderMessage

/** A state as it is sent: with a problem document, since an error cannot be sent. */
export type SentState = Omit<ConnectionState, 'problem'> & { readonly problem?: Problem }

/** Maximum lengths. Ids have up to 28 characters, and servers refuse keys long before. */
const maxLengths = { id: 64, key: 65_536 }

/**
 * Checks a message of the channel, to which every script of the origin can post. Returns undefined if it is
 * malformed.
 */
export function readTabMessage(data: unknown): TabMessage | undefined {
  if (!isRecord(data)) return undefined
  const { tab, leader, to } = data
  const isWellFormed =
    tab === undefined
      ? isText(leader, maxLengths.id) &&
        (to === undefined || isText(to, maxLengths.id)) &&
        isLeaderMessage(data)
      : isText(tab, maxLengths.id) && isRequest(data)
  return isWellFormed ? (data as unknown as TabMessage) : undefined
}

function isRequest({ type, key, cursor, nonce }: Unchecked): boolean {
  if (type === 'ping') return isText(nonce, maxLengths.id)
  if (type === 'reconnect') return true
  const isAboutTopic = ['subscribe', 'snapshot', 'unsubscribe', 'pause'].includes(type as string)
  return isAboutTopic && isText(key, maxLengths.key) && isTextOrAbsent(cursor)
}

function isLeaderMessage({ type, name, data, id, state, nonce }: Unchecked): boolean {
  switch (type) {
    case 'frame':
      return isText(name) && isText(data) && isText(id)
    case 'state':
      return isRecord(state) && isState(state) && isTextOrAbsent(nonce)
    default:
      return type === 'leader'
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
  return value === undefined || isText(value, maxLengths.id * 2)
}

export function sentState(state: ConnectionState): SentState {
  return 'problem' in state && state.problem
    ? { ...state, problem: sentProblem(state.problem) }
    : (state as SentState)
}

/** Returns an error's problem document, also for an error that a server did not send. */
export function sentProblem({ status, message, code, retryAfterMs }: TidingsError): Problem {
  return { title: '', status, detail: message, code, ...(retryAfterMs === undefined ? {} : { retryAfterMs }) }
}

export function receivedState(sent: SentState): ConnectionState {
  if (!sent.problem) return sent as ConnectionState
  return { ...sent, problem: receivedProblem(sent.problem) } as ConnectionState
}

function receivedProblem(problem: Problem): TidingsError {
  return parts.fromProblem(problem) ?? new parts.TidingsError({ code: 'network', message: problem.detail })
}

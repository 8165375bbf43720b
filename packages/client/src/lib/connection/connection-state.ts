import type { TidingsError } from '@tidings/core'

/**
 * The state of a connection.
 *
 * - `idle`: there are no subscriptions, so there is no connection.
 * - `connecting`: a request is in progress, or a topic is being requested or was temporarily refused.
 *   `attempt` counts from 1, and restarts once a connection has proved stable. An open connection is
 *   `connecting` while it requests another topic.
 * - `open`: every topic is live. Events arrive as they are emitted, and missed events are announced.
 * - `waiting`: the connection was lost or could not be opened, for the reason in `problem`. The next attempt
 *   is made at `retryAt`, in milliseconds since the epoch, or sooner when the page becomes visible or comes
 *   online.
 * - `closed`: the client was closed. With a `problem`, the server refused the connection, and no attempt is
 *   made before the next subscription.
 */
export type ConnectionState =
  | { readonly status: 'idle' }
  | { readonly status: 'connecting'; readonly attempt: number }
  | { readonly status: 'open' }
  | {
      readonly status: 'waiting'
      readonly attempt: number
      readonly retryAt: number
      readonly problem: TidingsError
    }
  | { readonly status: 'closed'; readonly problem?: TidingsError }

/** An event in the life of a connection. */
export type ConnectionEvent =
  /** An attempt starts. */
  | { readonly type: 'connect'; readonly attempt: number }
  /** The connection carries every requested topic. */
  | { readonly type: 'opened' }
  /** The connection ended or could not be opened, and another attempt follows. */
  | {
      readonly type: 'lost'
      readonly attempt: number
      readonly problem: TidingsError
      readonly retryAt: number
    }
  /** The server refused the connection. */
  | { readonly type: 'refused'; readonly problem: TidingsError }
  /** The connection is no longer needed. */
  | { readonly type: 'idle' }
  /** The client was closed. */
  | { readonly type: 'closed' }

/**
 * Returns the state that a client shows: an open connection, perhaps of other tabs, shows `open` only once
 * all of the client's topics are live.
 */
export function shownState(state: ConnectionState, areTopicsLive: boolean): ConnectionState {
  return state.status === 'open' && !areTopicsLive ? asking : state
}

const asking: ConnectionState = { status: 'connecting', attempt: 1 }

/**
 * Returns the next state of a connection. An event that does not apply to a state leaves it unchanged. Once
 * the client is closed, the state is final.
 *
 * | state                  | connect    | opened | lost    | refused          | idle   | closed |
 * | ---------------------- | ---------- | ------ | ------- | ---------------- | ------ | ------ |
 * | `idle`                 | connecting |        |         |                  |        | closed |
 * | `connecting`           | connecting | open   | waiting | closed (problem) | idle   | closed |
 * | `open`                 |            |        | waiting | closed (problem) | idle   | closed |
 * | `waiting`              | connecting |        |         |                  | idle   | closed |
 * | `closed` (problem)     | connecting |        |         |                  |        | closed |
 * | `closed`               |            |        |         |                  |        |        |
 */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  const { status } = state
  if (status === 'closed' && !state.problem) return state
  const isUp = status === 'connecting' || status === 'open'
  switch (event.type) {
    case 'connect':
      return status === 'open' ? state : { status: 'connecting', attempt: event.attempt }
    case 'opened':
      return status === 'connecting' ? { status: 'open' } : state
    case 'lost': {
      const { attempt, problem, retryAt } = event
      return isUp ? { status: 'waiting', attempt, problem, retryAt } : state
    }
    case 'refused':
      return isUp ? { status: 'closed', problem: event.problem } : state
    case 'idle':
      return status === 'idle' || status === 'closed' ? state : { status: 'idle' }
    case 'closed':
      return { status: 'closed' }
  }
}

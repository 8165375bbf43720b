import type { TidingsError } from '@tidings/core'

/**
 * What a connection is doing.
 *
 * - `idle`: nobody subscribes to anything, so there is nothing to connect for.
 * - `connecting`: a request is under way, or a topic is being asked for or was refused for now. `attempt` counts from 1, and
 *   again from 1 once a connection has proved good. An open connection is `connecting` while a further topic is asked for.
 * - `open`: every topic is live. Events arrive as they are emitted, and what does not is announced as missed.
 * - `waiting`: it was lost, or could not be made, for the reason in `problem`; the next attempt is made at `retryAt`, in
 *   milliseconds since the epoch, or sooner when the page becomes visible or comes online.
 * - `closed`: the client was closed; or, with a `problem`, the server will not have it, and nothing is tried before
 *   somebody subscribes again.
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

/** What happens to a connection. */
export type ConnectionEvent =
  /** An attempt is made. */
  | { readonly type: 'connect'; readonly attempt: number }
  /** It carries everything that was asked for. */
  | { readonly type: 'opened' }
  /** It ended, or could not be made, and another attempt will be. */
  | {
      readonly type: 'lost'
      readonly attempt: number
      readonly problem: TidingsError
      readonly retryAt: number
    }
  /** The server will not have it. */
  | { readonly type: 'refused'; readonly problem: TidingsError }
  /** Nobody needs it any more. */
  | { readonly type: 'rested' }
  /** The client was closed. */
  | { readonly type: 'closed' }

/**
 * The state that a client shows: a connection that is open, perhaps for other tabs, is not before all of its topics are live.
 */
export function shownState(state: ConnectionState, areTopicsLive: boolean): ConnectionState {
  return state.status === 'open' && !areTopicsLive ? asking : state
}

const asking: ConnectionState = { status: 'connecting', attempt: 1 }

/**
 * What a connection does next. What makes no sense in a state leaves it as it is; that the client was closed is final.
 *
 * | state                  | connect    | opened | lost    | refused          | rested | closed |
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
    case 'rested':
      return status === 'idle' || status === 'closed' ? state : { status: 'idle' }
    case 'closed':
      return { status: 'closed' }
  }
}

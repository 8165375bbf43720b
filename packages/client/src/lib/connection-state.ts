import type { TidingsError } from '@tidings/core'

/**
 * What a connection is doing.
 *
 * - `idle`: nobody subscribes to anything, so there is nothing to connect for.
 * - `connecting`: a request is under way. `attempt` counts from 1, and again from 1 once a connection has proved good.
 * - `open`: events arrive as they are emitted, and what does not is announced as missed.
 * - `waiting`: it was lost, or could not be made, for the reason in `problem`; the next attempt is made at `retryAt`, in
 *   milliseconds since the epoch.
 * - `closed`: it is over. `problem` says why, unless it was closed on purpose.
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
  | { readonly type: 'connect'; readonly attempt: number }
  | { readonly type: 'opened' }
  | {
      readonly type: 'lost'
      readonly attempt: number
      readonly problem: TidingsError
      readonly retryAt: number
    }
  | { readonly type: 'refused'; readonly problem: TidingsError }
  | { readonly type: 'closed' }

/** What a connection does next. Events that make no sense in a state leave it as it is; `closed` is final. */
export function transition(state: ConnectionState, event: ConnectionEvent): ConnectionState {
  if (state.status === 'closed') return state
  switch (event.type) {
    case 'connect':
      return { status: 'connecting', attempt: event.attempt }
    case 'opened':
      return state.status === 'connecting' ? { status: 'open' } : state
    case 'lost': {
      if (state.status !== 'connecting' && state.status !== 'open') return state
      const { attempt, problem, retryAt } = event
      return { status: 'waiting', attempt, problem, retryAt }
    }
    case 'refused':
      return { status: 'closed', problem: event.problem }
    case 'closed':
      return { status: 'closed' }
  }
}

const urgency: readonly ConnectionState['status'][] = ['waiting', 'connecting', 'open', 'idle']

/** The state of several connections as one: that of the one in the most trouble. Those that are over do not count. */
export function overall(states: Iterable<ConnectionState>): ConnectionState {
  let worst: ConnectionState = { status: 'idle' }
  for (const state of states) {
    if (state.status !== 'closed' && urgency.indexOf(state.status) < urgency.indexOf(worst.status))
      worst = state
  }
  return worst
}

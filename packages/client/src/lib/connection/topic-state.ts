import { type Cursor, isAtOrAfter } from '@tidings/core/wire'

/**
 * The state of a topic on a shared connection.
 *
 * - `pending`: the topic has to be requested.
 * - `requested`: the request was sent. Frames of earlier requests are ignored.
 * - `subscribed`: the server sends the topic's frames, whose ids begin with `epoch`.
 * - `backoff`: the server refused temporarily. The topic is pending again when its timer fires.
 */
export type TopicState = Progress &
  (
    | { readonly status: 'pending'; readonly request?: undefined; readonly epoch?: undefined }
    | { readonly status: 'requested'; readonly request: TopicRequest; readonly epoch?: undefined }
    | { readonly status: 'subscribed'; readonly request: TopicRequest; readonly epoch: string }
    | { readonly status: 'backoff'; readonly request?: undefined; readonly epoch?: undefined }
  )

/** The state that a topic keeps when its connection is lost. */
interface Progress {
  /** The position after the last event. Absent until the topic starts, and while a snapshot follows a gap. */
  readonly position: Cursor | undefined
  /** Whether events may have been missed before the topic had a position. A gap announces them. */
  readonly isLate: boolean
  readonly snapshot: SnapshotState
}

/**
 * The snapshot that a topic expects.
 *
 * - `initial`: the one that begins the topic or follows a gap, for all subscribers.
 * - `needed`, `requested`: one for late subscribers, no older than `since`.
 * - `none`: no subscriber waits for one.
 */
export type SnapshotState =
  | { readonly status: 'initial' | 'none' }
  | { readonly status: 'needed' | 'requested'; readonly since: Cursor }

/** The request that subscribes to a topic. */
export interface TopicRequest {
  /** The number of the control request. A tab's requests to the leader have none. */
  readonly sequence: number | undefined
  /** The position to continue from. Absent for a topic that starts now. */
  readonly from: Cursor | undefined
}

export type TopicEvent =
  /** A request for the topic or, once the topic is subscribed, for the needed snapshot is sent. */
  | { readonly type: 'requested'; readonly request: TopicRequest }
  /** The server sends the topic's frames from now on. */
  | {
      readonly type: 'subscribed'
      readonly epoch: string
      /** The number of the request that subscribed. */
      readonly sequence: number | undefined
      /** The position where the topic starts. Absent if a snapshot or gap follows. */
      readonly start: Cursor | undefined
      /** Whether the topic's state has to be requested, since other tabs received the snapshot. */
      readonly isJoined?: boolean | undefined
      /** Whether the position goes back to the start, since a tab has not received the events in between. */
      readonly isReplay?: boolean
    }
  | { readonly type: 'event'; readonly cursor: Cursor }
  | { readonly type: 'snapshot'; readonly cursor: Cursor }
  | { readonly type: 'gap'; readonly cursor: Cursor; readonly hasSnapshot: boolean }
  /** The connection, or the response to a request, was lost. */
  | { readonly type: 'lost' }
  /** The server refused the topic temporarily. */
  | { readonly type: 'delayed' }
  /** The timer of a temporary refusal fired. */
  | { readonly type: 'retry' }
  /** A subscriber needs a snapshot no older than a position. */
  | { readonly type: 'snapshotNeeded'; readonly since: Cursor }
  /** No subscriber waits for a snapshot of its own any more. */
  | { readonly type: 'snapshotSettled' }
  /** Events may be emitted before the topic is subscribed. */
  | { readonly type: 'overtaken' }
  /** A subscriber brings the position that it has reached, for a topic that has none and is not requested yet. */
  | { readonly type: 'resumed'; readonly cursor: Cursor }

export const newTopic: TopicState = ofOneShape({
  status: 'pending',
  position: undefined,
  isLate: false,
  snapshot: { status: 'initial' },
})

/**
 * Returns the next state of a topic. An event that does not apply to a state returns the same object.
 *
 * | event        | `pending`     | `requested`     | `subscribed`           | `backoff`     |
 * | ------------ | ------------- | --------------- | ---------------------- | ------------- |
 * | `requested`  | requested     |                 | snapshot: requested    |               |
 * | `subscribed` |               | subscribed [^1] | subscribed [^1]        |               |
 * | `event`      |               |                 | position               |               |
 * | `snapshot`   |               |                 | snapshot: none [^2]    |               |
 * | `gap`        |               |                 | snapshot: initial [^3] |               |
 * | `lost`       |               | pending [^4]    | pending [^4]           |               |
 * | `delayed`    | backoff [^4]  | backoff [^4]    | backoff [^4]           | backoff [^4]  |
 * | `retry`      |               |                 | snapshot: needed       | pending       |
 * | `resumed`    | position [^5] |                 |                        | position [^5] |
 *
 * In every state, `snapshotNeeded` sets snapshot: needed if the topic has a position, `overtaken` sets isLate
 * if the topic has none, and `snapshotSettled` sets snapshot: none if late subscribers waited for one.
 *
 * [^1]: Ignored unless it results from the topic's last request. Pending, if the start would leave events
 * out. A start sets an absent position, or any in a replay, and isLate to false.
 *
 * [^2]: The initial snapshot also sets the position, and isLate to false. After a snapshot that is older than
 * needed, a snapshot is still needed.
 *
 * [^3]: Also sets the epoch, and isLate to false. The position is that of the gap, or absent until a snapshot
 * follows.
 *
 * [^4]: A requested snapshot is needed again. Without a position, also sets isLate, unless the topic was lost
 * while requested.
 *
 * [^5]: If the topic has none. Also sets isLate to false, and snapshot: none.
 */
export function transition(state: TopicState, event: TopicEvent): TopicState {
  const next = nextState(state, event)
  return next === state || event.type === 'event' ? next : ofOneShape(next)
}

/**
 * Returns a copy whose hidden class is that of all other states. Each `{ ...state }` has one of its own, and with many
 * of them, reading a state takes several times as long: it is read for every event.
 */
function ofOneShape(
  { status, position: before, isLate, snapshot, request, epoch }: TopicState,
  position = before,
): TopicState {
  return { status, position, isLate, snapshot, request, epoch } as TopicState
}

function nextState(state: TopicState, event: TopicEvent): TopicState {
  const { position, snapshot } = state
  const isSubscribed = state.status === 'subscribed'
  switch (event.type) {
    case 'requested':
      if (state.status === 'pending') {
        return { ...state, status: 'requested', request: event.request }
      }
      return isSubscribed && snapshot.status === 'needed'
        ? { ...state, snapshot: { ...snapshot, status: 'requested' } }
        : state
    case 'subscribed': {
      if (!state.request) return state
      const { sequence } = state.request
      if (sequence !== undefined && sequence !== event.sequence) return state
      const { epoch, start, isJoined, isReplay } = event
      if (leavesOut(start, state.request.from, position)) return interrupted(state, 'pending')
      return {
        ...state,
        status: 'subscribed',
        epoch,
        position: isReplay ? (start ?? position) : (position ?? start),
        isLate: !start && state.isLate,
        snapshot: start && isJoined && snapshot.status === 'initial' ? { status: 'none' } : snapshot,
      }
    }
    case 'event':
      if (!isSubscribed || (position && isAtOrAfter(position, event.cursor))) return state
      // For every event that arrives: a copy with `...` takes several times as long.
      return ofOneShape(state, event.cursor)
    case 'snapshot':
      if (!isSubscribed || snapshot.status === 'none') return state
      if (!('since' in snapshot)) {
        return { ...state, position: event.cursor, isLate: false, snapshot: { status: 'none' } }
      }
      return {
        ...state,
        snapshot: isAtOrAfter(event.cursor, snapshot.since)
          ? { status: 'none' }
          : { ...snapshot, status: 'needed' },
      }
    case 'gap':
      if (!isSubscribed) return state
      return {
        ...state,
        epoch: event.cursor.epoch,
        // Decision 002: the position comes with the snapshot, or a loss in between would skip it.
        position: event.hasSnapshot ? undefined : event.cursor,
        isLate: false,
        snapshot: { status: 'initial' },
      }
    case 'lost':
      return state.request ? interrupted(state, 'pending') : state
    case 'delayed':
      return { ...interrupted(state, 'backoff'), isLate: !position }
    case 'retry':
      if (state.status === 'backoff') return { ...state, status: 'pending' }
      return isSubscribed && snapshot.status === 'requested'
        ? { ...state, snapshot: { ...snapshot, status: 'needed' } }
        : state
    case 'snapshotNeeded':
      return position ? { ...state, snapshot: { status: 'needed', since: event.since } } : state
    case 'snapshotSettled':
      return 'since' in snapshot ? { ...state, snapshot: { status: 'none' } } : state
    case 'overtaken':
      return position || state.isLate ? state : { ...state, isLate: true }
    case 'resumed':
      return position || state.request
        ? state
        : { ...state, position: event.cursor, isLate: false, snapshot: { status: 'none' } }
  }
}

/**
 * Returns what has to be requested from the server.
 *
 * @param isFull whether no reader of a run takes events, so that the run has to be paused
 */
export function neededRequest(
  { status, snapshot }: TopicState,
  isFull = false,
): 'subscribe' | 'snapshot' | 'pause' | undefined {
  if (status !== 'subscribed') return status === 'pending' ? 'subscribe' : undefined
  if (snapshot.status === 'needed') return 'snapshot'
  return isFull ? 'pause' : undefined
}

/** Returns how many events precede the position that was requested last, or that has been reached since. */
export function seqAt(state: TopicState): number {
  return (state.status === 'requested' ? state.request.from : state.position)?.seq ?? 0
}

/** Whether the topic's request has succeeded or failed for now, so that nothing is left to wait for. */
export function isSettled({ status }: TopicState): boolean {
  return status === 'subscribed' || status === 'backoff'
}

/**
 * Whether a subscription that starts there would skip events. After a lost response a topic is requested
 * twice, and its second start may arrive when the topic has continued from the first.
 */
function leavesOut(
  start: Cursor | undefined,
  from: Cursor | undefined,
  position: Cursor | undefined,
): boolean {
  if (!position) return false
  // Without a start a gap follows, unless the topic was requested without a position.
  return start ? !isAtOrAfter(position, start) : from === undefined
}

/** Returns a state that has to be requested again, together with its unanswered request for a snapshot. */
function interrupted(state: TopicState, status: 'pending' | 'backoff'): TopicState {
  const { position, snapshot } = state
  return {
    status,
    position,
    isLate: state.status === 'subscribed' ? !position : state.isLate,
    snapshot: snapshot.status === 'requested' ? { ...snapshot, status: 'needed' } : snapshot,
  }
}

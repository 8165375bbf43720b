import type { Cursor } from '@tidings/core/wire'
import * as fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  isSettled,
  neededRequest,
  newTopic,
  type TopicEvent,
  type TopicState,
  transition,
} from './topic-state.js'

const at = (seq: number, epoch = 'a') => ({ epoch, seq })
const request = { sequence: 2, from: at(5) }
const kept = { position: at(5), isLate: false, snapshot: { status: 'none' } } as const

const pending: TopicState = { ...kept, status: 'pending' }
const requested: TopicState = { ...kept, status: 'requested', request }
const subscribed: TopicState = { ...kept, status: 'subscribed', request, epoch: 'a' }
const backoff: TopicState = { ...kept, status: 'backoff' }
const states = { pending, requested, subscribed, backoff }

const needed = { status: 'needed', since: at(5) } as const
const isRequested = { status: 'requested', since: at(5) } as const
const initial = { status: 'initial' } as const

const start: TopicEvent = { type: 'subscribed', epoch: 'a', sequence: 2, start: at(5) }
const events: { readonly [Type in TopicEvent['type']]: TopicEvent } = {
  requested: { type: 'requested', request },
  subscribed: start,
  event: { type: 'event', cursor: at(6) },
  snapshot: { type: 'snapshot', cursor: at(6) },
  gap: { type: 'gap', cursor: at(9, 'b'), hasSnapshot: false },
  lost: { type: 'lost' },
  delayed: { type: 'delayed' },
  retry: { type: 'retry' },
  snapshotNeeded: { type: 'snapshotNeeded', since: at(5) },
  snapshotSettled: { type: 'snapshotSettled' },
  overtaken: { type: 'overtaken' },
  resumed: { type: 'resumed', cursor: at(5) },
}

/** The next state of each state, as the docstring's table has it; `same` for the same object. */
const table: {
  readonly [Type in TopicEvent['type']]: {
    readonly [Status in TopicState['status']]: 'same' | TopicState
  }
} = {
  requested: { pending: requested, requested: 'same', subscribed: 'same', backoff: 'same' },
  subscribed: { pending: 'same', requested: subscribed, subscribed, backoff: 'same' },
  event: {
    pending: 'same',
    requested: 'same',
    subscribed: { ...subscribed, position: at(6) },
    backoff: 'same',
  },
  snapshot: { pending: 'same', requested: 'same', subscribed: 'same', backoff: 'same' },
  gap: {
    pending: 'same',
    requested: 'same',
    subscribed: { ...subscribed, epoch: 'b', position: at(9, 'b'), snapshot: initial },
    backoff: 'same',
  },
  lost: { pending: 'same', requested: pending, subscribed: pending, backoff: 'same' },
  delayed: { pending: backoff, requested: backoff, subscribed: backoff, backoff },
  retry: { pending: 'same', requested: 'same', subscribed: 'same', backoff: pending },
  snapshotNeeded: {
    pending: { ...pending, snapshot: needed },
    requested: { ...requested, snapshot: needed },
    subscribed: { ...subscribed, snapshot: needed },
    backoff: { ...backoff, snapshot: needed },
  },
  snapshotSettled: { pending: 'same', requested: 'same', subscribed: 'same', backoff: 'same' },
  overtaken: { pending: 'same', requested: 'same', subscribed: 'same', backoff: 'same' },
  resumed: { pending: 'same', requested: 'same', subscribed: 'same', backoff: 'same' },
}

const cells = Object.entries(table).flatMap(([type, row]) =>
  Object.entries(row).map(([status, expected]) => [status, type, expected] as const),
)

describe('transition', () => {
  it.each(cells)('from %s by %s', (status, type, expected) => {
    const state = states[status as keyof typeof states]
    const next = transition(state, events[type as keyof typeof events])
    if (expected === 'same') expect(next).toBe(state)
    else expect(next).toEqual(expected)
  })

  it.each<[what: string, TopicState, TopicEvent, TopicState | 'same']>([
    ['ignores the start of an earlier request', requested, { ...start, sequence: 1 }, 'same'],
    [
      'accepts any start where requests have no numbers',
      { ...requested, request: { sequence: undefined, from: at(5) } },
      { ...start, sequence: 1 },
      { ...subscribed, request: { sequence: undefined, from: at(5) } },
    ],
    [
      'is requested again when its start would leave events out',
      requested,
      { ...start, start: at(6) },
      pending,
    ],
    [
      'is requested again when its start is of another epoch',
      requested,
      { ...start, start: at(0, 'b') },
      pending,
    ],
    [
      'is requested again without a start, if it was requested without a position',
      { ...requested, request: { sequence: 2, from: undefined } },
      { ...start, start: undefined },
      pending,
    ],
    [
      'waits for the gap without a start, if it was requested from a position',
      requested,
      { ...start, start: undefined },
      subscribed,
    ],
    ['keeps its position before an earlier start', requested, { ...start, start: at(3) }, subscribed],
    [
      'goes back to an earlier start in a replay',
      requested,
      { ...start, start: at(3), isReplay: true },
      { ...subscribed, position: at(3) },
    ],
    [
      'keeps its position in a replay without a start',
      requested,
      { ...start, start: undefined, isReplay: true },
      subscribed,
    ],
    [
      'takes the first start, and announces with it what it has missed',
      { ...requested, position: undefined, isLate: true, snapshot: initial },
      start,
      { ...subscribed, snapshot: initial },
    ],
    [
      'stays late without a start',
      { ...requested, position: undefined, isLate: true, snapshot: initial },
      { ...start, start: undefined },
      { ...subscribed, position: undefined, isLate: true, snapshot: initial },
    ],
    [
      'expects no initial snapshot when it joins',
      { ...requested, position: undefined, snapshot: initial },
      { ...start, isJoined: true },
      subscribed,
    ],
    ['ignores an event that it has received', subscribed, { type: 'event', cursor: at(5) }, 'same'],
    [
      'takes an event of another epoch',
      subscribed,
      { type: 'event', cursor: at(1, 'b') },
      { ...subscribed, position: at(1, 'b') },
    ],
    [
      'begins with the initial snapshot, at its position',
      { ...subscribed, position: undefined, isLate: true, snapshot: initial },
      { type: 'snapshot', cursor: at(6) },
      { ...subscribed, position: at(6) },
    ],
    [
      'keeps its position with a snapshot for late subscribers',
      { ...subscribed, snapshot: isRequested },
      { type: 'snapshot', cursor: at(5) },
      subscribed,
    ],
    [
      'needs another snapshot after one that is too old',
      { ...subscribed, snapshot: isRequested },
      { type: 'snapshot', cursor: at(4) },
      { ...subscribed, snapshot: needed },
    ],
    [
      'takes a snapshot that is new enough before it was requested',
      { ...subscribed, snapshot: needed },
      { type: 'snapshot', cursor: at(6) },
      subscribed,
    ],
    [
      'requests a needed snapshot',
      { ...subscribed, snapshot: needed },
      events.requested,
      { ...subscribed, snapshot: isRequested },
    ],
    [
      'has no position after a gap until the snapshot arrives',
      { ...subscribed, isLate: true, snapshot: isRequested },
      { type: 'gap', cursor: at(9, 'b'), hasSnapshot: true },
      { ...subscribed, epoch: 'b', position: undefined, snapshot: initial },
    ],
    [
      'needs a requested snapshot again when the connection is lost',
      { ...subscribed, snapshot: isRequested },
      { type: 'lost' },
      { ...pending, snapshot: needed },
    ],
    [
      'needs a requested snapshot again when it is refused for now',
      { ...subscribed, snapshot: isRequested },
      { type: 'delayed' },
      { ...backoff, snapshot: needed },
    ],
    [
      'needs a requested snapshot again after a while',
      { ...subscribed, snapshot: isRequested },
      { type: 'retry' },
      { ...subscribed, snapshot: needed },
    ],
    [
      'is late when it is lost without a position',
      { ...subscribed, position: undefined },
      { type: 'lost' },
      { ...pending, position: undefined, isLate: true },
    ],
    [
      'is not late when its request is lost',
      { ...requested, position: undefined },
      { type: 'lost' },
      { ...pending, position: undefined },
    ],
    [
      'is late when it is refused for now without a position',
      { ...pending, position: undefined },
      { type: 'delayed' },
      { ...backoff, position: undefined, isLate: true },
    ],
    [
      'is late when it is overtaken without a position',
      { ...pending, position: undefined },
      { type: 'overtaken' },
      { ...pending, position: undefined, isLate: true },
    ],
    [
      'stays late when it is overtaken again',
      { ...pending, position: undefined, isLate: true },
      { type: 'overtaken' },
      'same',
    ],
    [
      'needs no snapshot of its own while it has no position',
      { ...pending, position: undefined, snapshot: initial },
      events.snapshotNeeded,
      'same',
    ],
    ['needs no snapshot any more', { ...pending, snapshot: needed }, { type: 'snapshotSettled' }, pending],
  ])('%s', (_what, state, event, expected) => {
    const next = transition(state, event)
    if (expected === 'same') expect(next).toBe(state)
    else expect(next).toEqual(expected)
  })
})

describe('neededRequest', () => {
  it.each<[TopicState, 'subscribe' | 'snapshot' | undefined]>([
    [pending, 'subscribe'],
    [requested, undefined],
    [{ ...requested, snapshot: needed }, undefined],
    [subscribed, undefined],
    [{ ...subscribed, snapshot: initial }, undefined],
    [{ ...subscribed, snapshot: needed }, 'snapshot'],
    [{ ...subscribed, snapshot: isRequested }, undefined],
    [{ ...backoff, snapshot: needed }, undefined],
  ])('of %j is %s', (state, expected) => {
    expect(neededRequest(state)).toBe(expected)
  })
})

it('is settled when it is subscribed or refused for now', () => {
  expect(Object.values(states).map(isSettled)).toEqual([false, false, true, true])
})

type Frame = Extract<TopicEvent, { type: 'subscribed' | 'event' | 'gap' }>

interface Sent {
  readonly sequence: number
  readonly from: Cursor | undefined
}

/**
 * A topic without a snapshot, on a server whose frames and responses may be lost. The server numbers its starts
 * as requests are, and the leader of tabs does not.
 */
class Model {
  state = newTopic
  readonly #isNumbered: boolean
  #epoch = 0
  #seq = 0
  #sequence = 0
  #handled = 0
  #isSubscribed = false
  #requests: Sent[] = []
  #frames: Frame[] = []

  constructor(isNumbered: boolean) {
    this.#isNumbered = isNumbered
  }

  readonly steps = {
    emit: () => {
      this.#seq += 1
      if (this.#isSubscribed) this.#frames.push({ type: 'event', cursor: this.#now })
    },
    request: () => {
      if (neededRequest(this.state) !== 'subscribe') return
      this.#sequence += 1
      const sent = { sequence: this.#sequence, from: this.state.position }
      this.#requests.push(sent)
      const sequence = this.#isNumbered ? sent.sequence : undefined
      this.#apply({ type: 'requested', request: { ...sent, sequence } })
    },
    /** Requests may overtake each other: the server does not execute one after a newer one. */
    handle: () => this.#handle(this.#requests.shift()),
    handleNewest: () => this.#handle(this.#requests.pop()),
    /** The leader of tabs sends events again, from the position of another tab. */
    replay: () => {
      if (this.#isSubscribed) this.#sendAfter(Math.max(0, this.#seq - 3))
    },
    receive: () => {
      const frame = this.#frames.shift()
      if (frame) this.#apply(frame)
    },
    loseResponse: () => this.#apply({ type: 'lost' }),
    loseConnection: () => {
      this.#requests = []
      this.#frames = []
      this.#isSubscribed = false
      this.#apply({ type: 'lost' })
    },
    restart: () => {
      this.steps.loseConnection()
      this.#epoch += 1
      this.#seq = 0
    },
    delay: () => this.#apply({ type: 'delayed' }),
    retry: () => this.#apply({ type: 'retry' }),
  }

  get #now() {
    return at(this.#seq, `e${this.#epoch}`)
  }

  /** Lets everything happen that is left to happen. */
  finish(): void {
    for (let round = 0; round < 3; round += 1) {
      this.steps.retry()
      this.steps.request()
      while (this.#requests.length > 0) this.steps.handle()
      while (this.#frames.length > 0) this.steps.receive()
    }
    expect(this.state).toMatchObject({ status: 'subscribed', position: this.#now })
  }

  #handle(request: Sent | undefined): void {
    if (!request || request.sequence < this.#handled) return
    const { sequence, from } = request
    const now = this.#now
    this.#handled = sequence
    this.#isSubscribed = true
    const isKnown = from?.epoch === now.epoch
    const first = from ? (isKnown ? from : undefined) : now
    this.#frames.push({ type: 'subscribed', epoch: now.epoch, sequence, start: first })
    if (from && !isKnown) this.#frames.push({ type: 'gap', cursor: now, hasSnapshot: false })
    this.#sendAfter(isKnown ? from.seq : now.seq)
  }

  #sendAfter(position: number): void {
    for (let seq = position + 1; seq <= this.#seq; seq += 1) {
      this.#frames.push({ type: 'event', cursor: at(seq, this.#now.epoch) })
    }
  }

  #apply(event: TopicEvent): void {
    const { position } = this.state
    const next = transition(this.state, event)
    if (event.type === 'event' && next !== this.state) {
      expect(position && at(position.seq + 1, position.epoch)).toEqual(event.cursor)
    } else if (event.type !== 'gap' && position) expect(next.position).toBe(position)
    this.state = next
  }
}

it('takes each event once and in order, or after a gap, whatever is lost', () => {
  type Step = keyof Model['steps']
  const often: Step[] = ['emit', 'request', 'handle', 'receive', 'loseResponse']
  const step = fc.constantFrom(...(Object.keys(new Model(true).steps) as Step[]), ...often, ...often)
  fc.assert(
    fc.property(fc.boolean(), fc.array(step, { minLength: 20, maxLength: 100 }), (isNumbered, names) => {
      const model = new Model(isNumbered)
      for (const name of names) model.steps[name]()
      model.finish()
    }),
    { numRuns: 5_000 },
  )
})

import { type Cursor, parseCursor } from '@tidings/core/wire'
import type { EventSourceMessage } from 'eventsource-parser'
import type { Ledger, TopicKind } from './ledger.js'

/**
 * One subscriber over all its connections: checks that what it sees is in order, free of duplicates, and complete
 * between gaps that were announced.
 *
 * Each event of a topic carries a number that rises by one with each emit, whatever the server does with its ids.
 */
export class Witness {
  readonly kind: TopicKind
  readonly #ledger: Ledger
  /** What a client would resume with: the id of the last event that was dispatched. */
  lastId: string | undefined
  /** The number of the last event. */
  last: number | undefined
  /** Where the connection stands; unknown until it is told. */
  #position: Cursor | undefined
  /** What the current connection was resumed with, as text, and whether that was of a history that was lost already. */
  #resumedWith: string | undefined
  #wasLost = false
  /** The highest number the next event may have; nothing where it has to be the one after the last. */
  #nextAtMost: number | undefined
  #isOpen = false
  /** Who cannot say where it was may come to a node that has not heard of what it has seen. */
  #isStranger = false

  constructor(kind: TopicKind, ledger: Ledger) {
    this.kind = kind
    this.#ledger = ledger
  }

  /** Whether it stands in the log, and is handed all that follows. */
  get isAtWork(): boolean {
    return this.#position !== undefined
  }

  /** A connection begins, with what it is resumed with: `lastId`, or something that no server can go on from. */
  connects(resumedWith: string | undefined): void {
    this.#isStranger = this.#ledger.isJoint && resumedWith !== this.lastId
    this.#resumedWith = resumedWith
    this.#wasLost = this.#ledger.isLost(resumedWith)
    this.#position = undefined
    this.#isOpen = false
  }

  event({ event = 'message', id, data }: EventSourceMessage): void {
    const cursor = id === undefined ? undefined : parseCursor(id)
    if (id !== undefined && !cursor) this.#fail(`id ${id} is no cursor`)
    if (cursor) this.lastId = id
    if (!this.#isOpen && event !== '$open' && event !== '$error') this.#fail(`${event} came before $open`)
    if (event === '$open') this.#opened(cursor)
    else if (event === '$gap') this.#missed(JSON.parse(data) as { reason: string; cursor: string }, cursor)
    else if (event === '$snapshot') this.#began(JSON.parse(data) as { upTo: number }, cursor)
    else if (event === '$error') this.#ended(JSON.parse(data) as { code: string })
    else this.#received((JSON.parse(data) as { n: number }).n, cursor)
  }

  #opened(cursor: Cursor | undefined): void {
    this.#isOpen = true
    if (!cursor) {
      // A gap or a snapshot follows.
      if (this.#resumedWith === undefined && this.kind !== 'stateful') this.#fail('no position, and no gap')
      return
    }
    if (this.#resumedWith !== undefined) {
      if (this.#resumedWith !== this.lastId) this.#fail(`resumed from ${this.#resumedWith} at ${this.lastId}`)
    } else if (this.kind === 'stateful') this.#fail('a position before the snapshot')
    else {
      this.#nextAtMost = Number.POSITIVE_INFINITY
      this.#forgetIfStranger()
    }
    this.#position = cursor
  }

  #missed({ reason, cursor: text }: { reason: string; cursor: string }, cursor: Cursor | undefined): void {
    const isLive = this.#position !== undefined
    // A log may begin another life while a subscriber waits for its snapshot.
    const isWaiting = this.#ledger.isJoint && reason === 'history_lost' && this.#ledger.mayMissLive(reason)
    const isDue = isLive
      ? this.#ledger.mayMissLive(reason)
      : isWaiting ||
        ((!this.#wasLost || reason === 'history_lost' || this.#ledger.isJoint) &&
          this.#ledger.mayMiss(this.kind, this.#resumedWith, reason))
    if (!isDue)
      this.#fail(
        `a gap (${reason}) for no reason, ${this.#ledger.emitted[this.kind]} emitted, goes on at ${text}, ${isLive ? 'live' : `from ${this.#resumedWith}`}`,
      )
    if (this.kind === 'stateful') {
      if (cursor) this.#fail('a gap with an id, before its snapshot')
      this.#position = undefined
      return
    }
    if (this.lastId !== text) this.#fail(`a gap that goes on from ${text}, with id ${this.lastId}`)
    this.#position = cursor
    this.#nextAtMost = Number.POSITIVE_INFINITY
    this.#forgetIfStranger()
  }

  #began({ upTo }: { upTo: number }, cursor: Cursor | undefined): void {
    if (this.kind !== 'stateful') this.#fail('a snapshot of a channel that has none')
    if (this.#position) this.#fail('a second snapshot')
    if (!cursor) this.#fail('a snapshot without an id')
    this.#forgetIfStranger()
    if (upTo < (this.last ?? 0)) this.#fail(`a snapshot of ${upTo}, older than ${this.last}`)
    this.#position = cursor
    this.#nextAtMost = upTo + 1
    this.last = upTo
  }

  #ended({ code }: { code: string }): void {
    // A server that closes says so; it is the only error there is.
    if (code !== 'unavailable') this.#fail(`it was ended with ${code}`)
    this.#position = undefined
  }

  #received(n: number, cursor: Cursor | undefined): void {
    const position = this.#position
    if (!position || !cursor) this.#fail(`${n} came without a position`)
    const isNext = this.kind === 'latest' ? cursor.seq > position.seq : cursor.seq === position.seq + 1
    if (cursor.epoch !== position.epoch || !isNext) this.#fail(`id ${cursor.seq} after ${position.seq}`)
    this.#ledger.check(this.kind, cursor, n)
    if (this.kind === 'latest') {
      if (n <= (this.last ?? 0)) this.#fail(`${n} after ${this.last}`)
    } else if (this.#nextAtMost === undefined) {
      if (n !== (this.last ?? 0) + 1) this.#fail(`${n} after ${this.last}, and no gap`)
    } else {
      // After a snapshot, events that it knew of already may follow it; otherwise nothing comes twice.
      if (n > this.#nextAtMost) this.#fail(`${n} where ${this.#nextAtMost} was the next, and no gap`)
      if (this.kind === 'plain' && n <= (this.last ?? 0)) this.#fail(`${n} after ${this.last}`)
    }
    this.#nextAtMost = undefined
    this.#position = cursor
    this.last = n
  }

  #forgetIfStranger(): void {
    if (this.#isStranger) this.last = undefined
  }

  #fail(what: string): never {
    throw new Error(`${this.kind}: ${what}`)
  }
}

import { type Cursor, parseCursor } from '@tidings/core/wire'
import type { EventSourceMessage } from 'eventsource-parser'
import type { RunLedger, RunRecord } from './run-ledger.js'
import type { RunLife } from './run-life.js'

/** The payload of `$output` or `$error`. */
interface EndPayload {
  readonly count?: number
  readonly code?: string
  readonly ended?: true
  readonly topic?: string
}

/**
 * One reader of a run over all its subscriptions: checks that each is complete and in order from where it was asked to
 * begin, and ends as the run did.
 *
 * The number of an event is its position in the log, so that a reader needs to know no more than where it was.
 */
export class RunWitness {
  readonly record: RunRecord
  readonly name: string
  readonly #ledger: RunLedger
  /** What a client would resume with. */
  lastId: string | undefined
  /** The number of the last event that was ever seen of the life that is read. */
  last = 0
  /** Whether it has seen the end of the life that is read. */
  hasEnded = false
  /** Whether the last subscription was refused for good. */
  isGivenUp = false
  #epoch: string | undefined
  /** The ids of all that it has seen. */
  readonly #ids = new Set<string>()
  /** Where the subscription stands. Absent while there is none. */
  #position: number | undefined
  /** The last number that the subscription may bring: it was given up. */
  #most = Number.POSITIVE_INFINITY

  constructor(name: string, record: RunRecord, ledger: RunLedger) {
    this.name = name
    this.record = record
    this.#ledger = ledger
  }

  /** Whether a subscription brings what the run writes. */
  get isReading(): boolean {
    return this.#position !== undefined && this.#most === Number.POSITIVE_INFINITY
  }

  /** A subscription that was asked for from a cursor begins, at a cursor if it told one. */
  begins(asked: string | undefined, told: string | undefined): void {
    const from = asked === undefined ? undefined : parseCursor(asked)
    const at = told === undefined ? undefined : parseCursor(told)
    if (told !== undefined && !at) this.#fail(`it begins at ${told}, which is no cursor`)
    if (from && at && (from.epoch !== at.epoch || from.seq !== at.seq))
      this.#fail(`it was asked for from ${asked}, and begins at ${told}`)
    if (!from && at && at.seq !== 0) this.#fail(`it was asked for from the beginning, and begins at ${told}`)
    this.isGivenUp = false
    // From the beginning of whatever there is.
    if (!from && at && at.epoch !== this.#epoch) this.forget()
    this.#enter(at?.epoch ?? from?.epoch)
    this.#position = from?.seq ?? 0
    this.#most = Number.POSITIVE_INFINITY
    if (asked !== undefined && !this.#ids.has(asked)) this.#fail(`it begins at ${asked}, where it never was`)
    if (told !== undefined) this.#ids.add(told)
    this.lastId ??= told
    // Nothing follows the end of a log that has no other.
    if (!this.#ledger.isJoint && this.hasEnded && this.#position === this.last + 1) this.#position = undefined
  }

  /** The subscription has been given up, and the server has said so: nothing that is written later may come. */
  stopped(): void {
    if (this.#position === undefined) return
    // An end counts as well.
    this.#most = Math.max(...this.record.lives.map(({ emitted, isOver }) => emitted + (isOver ? 1 : 0)))
  }

  /** The connection of the subscription is over. */
  closed(): void {
    this.#position = undefined
  }

  /** An event, or the end, has come. */
  event({ event = 'message', id, data }: EventSourceMessage): void {
    const cursor = id === undefined ? undefined : parseCursor(id)
    if (this.#position === undefined) this.#fail(`${event} ${id} came without a subscription`)
    if (!cursor) this.#fail(`${event} came without a cursor: ${data.slice(0, 200)}`)
    if (this.#epoch === undefined) this.#enter(cursor.epoch)
    if (cursor.epoch !== this.#epoch || cursor.seq !== this.#position + 1)
      this.#fail(`${event} ${id} came after ${this.#epoch}.${this.#position}`)
    this.#position = cursor.seq
    if (cursor.seq > this.#most) this.#fail(`${event} ${id} came after its subscription was given up`)
    this.lastId = id
    this.#ids.add(id ?? '')
    if (event === 'item') this.#received(JSON.parse(data) as { life: number; n: number }, cursor)
    else this.#ended(event, data, cursor)
  }

  /**
   * The subscription that was asked for from a cursor is refused, or fails. Where that is told apart from the events,
   * those of another may still be on their way, which the refusal has ended.
   *
   * @param wasGone whether the server may have known nothing of the run when it was asked
   */
  refused(asked: string | undefined, code: string, { wasGone = false, isApart = false } = {}): void {
    if (isApart) this.stopped()
    else this.#position = undefined
    const cursor = asked === undefined ? undefined : parseCursor(asked)
    // No log has such a position.
    const isMadeUp = cursor && (cursor.epoch === 'elsewhere' || cursor.seq > this.last + 1)
    this.isGivenUp = code !== 'unavailable'
    if (isMadeUp) return
    // A start with a cursor begins no run: it is refused as interrupted where there is none.
    const isOfNone = wasGone && (code === 'not_found' || (code === 'interrupted' && cursor !== undefined))
    if (!isOfNone && !this.#ledger.mayRefuse(this.record, cursor, code))
      this.#fail(`it is refused from ${asked} with ${code}, at ${this.lastId}`)
    // What it has read is of a log that is no more. It may read another from the beginning.
    if (this.isGivenUp) this.forget()
  }

  /** Reads from the beginning from now on. */
  forget(): void {
    this.lastId = undefined
    this.last = 0
    this.hasEnded = false
    this.#epoch = undefined
  }

  toString(): string {
    return `${this.name} at ${this.lastId}, ${this.isReading ? 'reading' : 'not reading'}`
  }

  #enter(epoch: string | undefined): void {
    if (epoch === undefined || epoch === this.#epoch) return
    if (this.#epoch !== undefined && this.last > 0)
      this.#fail(`it goes on in ${epoch}, after ${this.#epoch}.${this.last}`)
    this.forget()
    this.#epoch = epoch
  }

  #received({ life: number, n }: { life: number; n: number }, { epoch, seq }: Cursor): void {
    const life = this.record.lives[number - 1]
    if (!life || n > life.emitted) this.#fail(`${n} of life ${number} was never emitted`)
    life.epoch ??= epoch
    if (life.epoch !== epoch) this.#fail(`life ${number} has the epochs ${life.epoch} and ${epoch}`)
    if (n !== seq) this.#fail(`${n} is at ${seq}`)
    if (life.end && life.end.seq <= seq) this.#fail(`${n} comes after the end at ${life.end.seq}`)
    this.last = Math.max(this.last, n)
  }

  #ended(event: string, data: string, { epoch, seq }: Cursor): void {
    this.#position = undefined
    this.hasEnded = true
    const payload = JSON.parse(data) as EndPayload
    const lives = this.record.livesOf(epoch)
    const possible = lives.filter((each) => this.#mayEnd(each, event, seq, payload))
    // It is unknown which life has ended.
    if (possible.length > 1) return
    if (lives.length === 0 && this.#mayEndBeforeHandler(payload)) {
      this.record.endedBeforeHandler = true
      return
    }
    const life = possible[0] ?? lives.at(-1)
    if (!life) this.#fail(`${event} of a run that never began`)
    life.epoch ??= epoch
    // A node that cannot reach the bus ends a run for its own readers, where the log may have gone on without its knowing.
    const isLocal = this.#ledger.isJoint && life.isDoomed && payload.code === 'interrupted'
    const end = isLocal ? { seq, event, data } : (life.end ?? { seq, event, data })
    if (!isLocal) life.end = end
    if (end.seq !== seq || end.event !== event || end.data !== data)
      this.#fail(`it ends with ${event} ${seq} ${data}, and for others with ${JSON.stringify(end)}`)
    if (seq <= this.last) this.#fail(`it ends at ${seq}, and had ${this.last}`)
    if (!this.#mayEnd(life, event, seq, payload))
      this.#fail(`it ends with ${event} ${data} at ${seq}, after ${life.emitted} and ${life.finished}`)
  }

  /** Whether a run may end before its handler begins: its node is gone, or was closed. */
  #mayEndBeforeHandler({ code = '', ended }: EndPayload): boolean {
    const { isJoint, hasFailed } = this.#ledger
    return isJoint && hasFailed && ended === true && ['interrupted', 'unavailable'].includes(code)
  }

  #mayEnd(life: RunLife, event: string, seq: number, payload: EndPayload): boolean {
    const { code = '', ended, topic, count } = payload
    const isWhole = life.emitted === seq - 1
    if (event === '$output') return life.finished === 'output' && isWhole && count === life.emitted
    if (event !== '$error' || !ended || topic !== this.record.key) return false
    return this.#ledger.mayFail(life, code) && (code !== 'stopped' || isWhole)
  }

  #fail(what: string): never {
    throw new Error(`${this.name} of run ${this.record.id.slice(-1)}: ${what}`)
  }
}

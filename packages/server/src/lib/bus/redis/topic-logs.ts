import type { Cursor } from '@tidings/core/wire'
import type { HistoryBounds } from '../../history.js'
import { randomName } from '../../runtime/random.js'
import type { BusEvent, BusPage, BusUpdate } from '../bus.js'
import type { Functions } from './functions.js'
import type { RedisKeys } from './redis-keys.js'

/** How many events one read returns at most. */
const pageSize = 500

/** The logs of topics in Redis. */
export class TopicLogs {
  readonly #functions: Functions
  readonly #keys: RedisKeys
  /** With the number of a call, it makes the epoch that the call may begin unique. */
  readonly #process = randomName(12)
  #calls = 0

  constructor(functions: Functions, keys: RedisKeys) {
    this.#functions = functions
    this.#keys = keys
  }

  /** Appends a batch of events. The numbers of calls rise, so Redis recognises a batch that is sent again. */
  async append(topic: string, bodies: readonly string[], keep: HistoryBounds): Promise<void> {
    const candidate = this.#nextCandidate()
    const keys = [...this.#keys.log(topic), this.#keys.guard(topic, this.#process)]
    const args = [candidate, String(this.#calls), ...boundsOf(keep), this.#keys.updates(topic), ...bodies]
    await this.#functions.call('append', keys, args)
  }

  async extend(
    topic: string,
    { epoch, seq }: Cursor,
    bodies: readonly string[],
    keep: HistoryBounds,
  ): Promise<boolean> {
    const position = [this.#nextCandidate(), epoch, String(seq)]
    const args = [...position, ...boundsOf(keep), this.#keys.updates(topic), ...bodies]
    return (await this.#functions.call('extend', this.#keys.log(topic), args)) === 1
  }

  async read(topic: string, keep: HistoryBounds, after: Cursor | undefined): Promise<BusPage> {
    const keys = this.#keys.log(topic)
    const position = [String(pageSize), after?.epoch ?? '', String(after?.seq ?? 0)]
    const call = (name: string) =>
      this.#functions.call(name, keys, [this.#nextCandidate(), ...boundsOf(keep), ...position])
    // A missing log takes memory to create, which Redis refuses when it is short of it. See decision 011.
    const reply = (await call('read')) ?? (await call('begin'))
    return pageOf(reply as [string, number, number, ...string[]], after?.seq ?? 0)
  }

  async expire(topic: string, ms: number): Promise<void> {
    await this.#functions.call('expire', this.#keys.log(topic), [wholeMs(ms)])
  }

  async drop(topic: string, { epoch, seq }: Cursor): Promise<void> {
    await this.#functions.call('drop', this.#keys.log(topic), [this.#nextCandidate(), epoch, String(seq)])
  }

  /** An epoch for the log, if the call begins one. */
  #nextCandidate(): string {
    this.#calls += 1
    return `${this.#process}-${this.#calls.toString(36)}`
  }
}

/** Parses the reply to a read: of each event, the time and the body. */
function pageOf([epoch, head, time, ...rest]: [string, number, number, ...string[]], after: number): BusPage {
  // The clocks of Redis and of this process may differ by more than history is kept for.
  const clockOffset = Date.now() - time
  const events: BusEvent[] = []
  for (let n = 0; n < rest.length; n += 2) {
    const seq = after + 1 + events.length
    events.push({ seq, at: Number(rest[n]) + clockOffset, body: rest[n + 1] as string })
  }
  return { epoch, head, events }
}

/**
 * Parses an update: a line with epoch, first seq and time, then the events, each of which ends with an empty
 * line.
 */
export function parseUpdate(message: string): BusUpdate {
  const end = message.indexOf('\n')
  const [epoch = '', first, at] = message.slice(0, end).split(' ')
  const bodies = message.slice(end + 1).split(/(?<=\n\n)/)
  return { epoch, events: bodies.map((body, n) => ({ seq: Number(first) + n, at: Number(at), body })) }
}

/** Negative numbers mean that there is no bound. */
function boundsOf({ size, ms }: HistoryBounds): [size: string, ms: string] {
  return [Number.isFinite(size) ? String(size) : '-1', Number.isFinite(ms) ? wholeMs(ms) : '-1']
}

/** Milliseconds as Redis takes them: whole, and up to 30 days. */
export function wholeMs(ms: number): string {
  return String(Math.min(Math.max(1, Math.ceil(ms)), 2_592_000_000))
}

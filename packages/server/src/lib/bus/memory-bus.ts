import { TidingsError } from '@tidings/core'
import type { HistoryBounds } from '../history.js'
import { afterTurn } from '../runtime/after-turn.js'
import { randomName } from '../runtime/random.js'
import { TokenBuckets, type TokenRate } from '../token-buckets.js'
import type { Bus, BusEvent, BusPage, BusUpdate } from './bus.js'
import { Listeners } from './listeners.js'

/** How long an unused log keeps its epoch, in milliseconds. */
const idleMs = 3_600_000
/** The same for a log without events. */
const eventlessMs = 180_000

/** How many token buckets are kept. */
const maxBuckets = 100_000

/** How many events one read returns at most. */
const pageSize = 1_000

interface MemoryLog {
  readonly epoch: string
  keep: HistoryBounds
  head: number
  events: BusEvent[]
  usedAt: number
  /** When the log is discarded, if that was set; see {@link BusLog.expire}. */
  endsAt: number | undefined
}

/** The state that the members of a bus share. */
class Memory {
  readonly logs = new Map<string, MemoryLog>()
  readonly values = new Map<string, { readonly value: string; readonly expiresAt: number }>()
  readonly counts = new Map<string, Map<string, { readonly count: number; readonly expiresAt: number }>>()
  readonly buckets = new TokenBuckets(maxBuckets, () => Date.now())
  readonly updates = new Listeners<BusUpdate>()
  readonly messages = new Listeners<string>()

  /** Returns a topic's log if there is one. */
  existing(topic: string): MemoryLog | undefined {
    const log = this.logs.get(topic)
    return log && !hasEnded(log, Date.now()) ? log : undefined
  }

  log(topic: string, keep: HistoryBounds): MemoryLog {
    this.#sweep()
    let log = this.existing(topic)
    if (!log) {
      log = { epoch: randomName(12), keep, head: 0, events: [], usedAt: 0, endsAt: undefined }
      this.logs.set(topic, log)
    }
    log.usedAt = Date.now()
    return log
  }

  value(name: string): string | undefined {
    const entry = this.values.get(name)
    return entry && entry.expiresAt > Date.now() ? entry.value : undefined
  }

  put(name: string, value: string, ms: number): void {
    this.#sweep()
    this.values.delete(name)
    this.values.set(name, { value, expiresAt: Date.now() + ms })
  }

  #sweptAt = Date.now()

  #sweep(): void {
    const now = Date.now()
    if (now - this.#sweptAt < 10_000) return
    this.#sweptAt = now
    for (const [name, { expiresAt }] of this.values) if (expiresAt <= now) this.values.delete(name)
    for (const [topic, log] of this.logs) {
      trim(log, now)
      if (hasEnded(log, now)) this.logs.delete(topic)
    }
  }
}

const memories = new WeakMap<Bus, Memory>()

/** The options of {@link memoryBus}. */
export interface MemoryBusOptions {
  /**
   * Another bus in memory, for another server, whose state this one shares. Without it, the bus starts empty.
   */
  shareWith?: Bus
}

/**
 * A bus for several servers in one process, as in tests. A single server does not need one.
 *
 * @throws TidingsError `invalid_options` if `shareWith` is not a bus in memory
 */
export function memoryBus({ shareWith }: MemoryBusOptions = {}): Bus {
  const memory = shareWith ? memories.get(shareWith) : new Memory()
  if (!memory) {
    const message = 'memoryBus: shareWith is not an in-memory bus. Give the result of memoryBus()'
    throw new TidingsError({ code: 'invalid_options', message })
  }
  const bus = new MemoryBus(memory)
  memories.set(bus, memory)
  return bus
}

class MemoryBus implements Bus {
  readonly keepAliveMs = eventlessMs / 3
  readonly #memory: Memory
  readonly #stops = new Set<() => void>()
  #isClosed = false

  constructor(memory: Memory) {
    this.#memory = memory
  }

  async append(topic: string, body: string, keep: HistoryBounds): Promise<void> {
    this.#requireOpen()
    this.#append(topic, this.#memory.log(topic, keep), [body])
  }

  async extend(
    topic: string,
    { epoch, seq }: { epoch: string; seq: number },
    bodies: readonly string[],
  ): Promise<boolean> {
    this.#requireOpen()
    const log = this.#memory.existing(topic)
    if (log?.epoch !== epoch || log.head < seq) return false
    if (log.head === seq) {
      this.#append(topic, log, bodies)
      return true
    }
    const first = log.events.length - (log.head - seq)
    return bodies.every((body, n) => log.events[first + n]?.body === body)
  }

  async read(topic: string, keep: HistoryBounds, after?: { epoch: string; seq: number }): Promise<BusPage> {
    this.#requireOpen()
    const log = this.#memory.log(topic, keep)
    log.keep = keep
    trim(log, Date.now())
    const { epoch, head, events } = log
    const floor = head - events.length
    const isKept = after?.epoch === epoch && after.seq >= floor
    const from = isKept ? after.seq - floor : events.length
    return { epoch, head, events: events.slice(from, from + pageSize) }
  }

  async expire(topic: string, ms: number): Promise<void> {
    this.#requireOpen()
    const log = this.#memory.existing(topic)
    if (log) log.endsAt = Date.now() + ms
  }

  async drop(topic: string, { epoch, seq }: { epoch: string; seq: number }): Promise<void> {
    this.#requireOpen()
    const log = this.#memory.existing(topic)
    if (log?.epoch !== epoch) return
    const floor = log.head - log.events.length
    log.events = log.events.slice(Math.max(0, seq - floor))
  }

  async listen(topic: string, listener: (update: BusUpdate) => void): Promise<() => void> {
    this.#requireOpen()
    return this.#on(this.#memory.updates, topic, listener)
  }

  onPossibleLoss(): () => void {
    // In one process, no update is lost.
    return () => {}
  }

  async send(name: string, message: string): Promise<number> {
    this.#requireOpen()
    const receivers = this.#memory.messages.count(name)
    // Deferred, so that a receiver is not called during send, as between processes.
    if (receivers > 0) afterTurn(() => this.#memory.messages.notify(name, message))
    return receivers
  }

  async receive(name: string, listener: (message: string) => void): Promise<() => void> {
    this.#requireOpen()
    return this.#on(this.#memory.messages, name, listener)
  }

  async acquire(name: string, holder: string, ms: number): Promise<boolean> {
    this.#requireOpen()
    const held = this.#memory.value(name)
    if (held !== undefined && held !== holder) return false
    this.#memory.put(name, holder, ms)
    return true
  }

  async release(name: string, holder: string): Promise<void> {
    this.#requireOpen()
    if (this.#memory.value(name) === holder) this.#memory.values.delete(name)
  }

  async put(name: string, value: string, ms: number): Promise<void> {
    this.#requireOpen()
    this.#memory.put(name, value, ms)
  }

  async get(name: string): Promise<string | undefined> {
    this.#requireOpen()
    return this.#memory.value(name)
  }

  async forget(name: string): Promise<void> {
    this.#requireOpen()
    this.#memory.values.delete(name)
  }

  async count(name: string, holder: string, count: number, most: number, ms: number): Promise<boolean> {
    this.#requireOpen()
    const { counts } = this.#memory
    const holders = counts.get(name) ?? new Map<string, { count: number; expiresAt: number }>()
    const now = Date.now()
    let others = 0
    for (const [other, recorded] of holders) {
      if (recorded.expiresAt <= now) holders.delete(other)
      else if (other !== holder) others += recorded.count
    }
    const isAllowed = count <= (holders.get(holder)?.count ?? 0) || others + count <= most
    if (isAllowed && count > 0) holders.set(holder, { count, expiresAt: now + ms })
    else if (isAllowed) holders.delete(holder)
    if (holders.size > 0) counts.set(name, holders)
    else counts.delete(name)
    return isAllowed
  }

  async takeToken(name: string, rate: TokenRate): Promise<number> {
    this.#requireOpen()
    return this.#memory.buckets.take(name, rate)
  }

  async ping(): Promise<void> {
    this.#requireOpen()
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const stop of this.#stops) stop()
    this.#stops.clear()
  }

  #append(topic: string, log: MemoryLog, bodies: readonly string[]): void {
    const now = Date.now()
    const events = bodies.map((body, n) => ({ seq: log.head + 1 + n, at: now, body }))
    log.head += events.length
    log.events.push(...events)
    log.usedAt = now
    // Trimming now and then is enough, because a read trims first.
    if (log.events.length > 2 * log.keep.size + 64) trim(log, now)
    this.#memory.updates.notify(topic, { epoch: log.epoch, events })
  }

  #on<Message>(
    listeners: Listeners<Message>,
    name: string,
    listener: (message: Message) => void,
  ): () => void {
    const remove = listeners.add(name, listener)
    const stop = () => {
      remove()
      this.#stops.delete(stop)
    }
    this.#stops.add(stop)
    return stop
  }

  #requireOpen(): void {
    if (this.#isClosed) {
      throw new TidingsError({
        code: 'unavailable',
        message: 'The bus is closed and can no longer be used',
      })
    }
  }
}

function hasEnded({ endsAt, usedAt, head, keep }: MemoryLog, now: number): boolean {
  if (endsAt !== undefined) return now >= endsAt
  return now - usedAt > (head === 0 ? eventlessMs : Math.max(idleMs, keep.ms))
}

function trim(log: MemoryLog, now: number): void {
  const { size, ms } = log.keep
  const oldest = now - ms
  let surplus = Math.max(0, log.events.length - size)
  while ((log.events[surplus]?.at ?? Number.POSITIVE_INFINITY) < oldest) surplus += 1
  if (surplus > 0) log.events = log.events.slice(surplus)
}

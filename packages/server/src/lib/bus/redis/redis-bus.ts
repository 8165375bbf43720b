import { randomBytes } from 'node:crypto'
import { isTidingsError, TidingsError } from '@tidings/core'
import type { Cursor } from '@tidings/core/wire'
import { TimeoutError, withTimeout } from '../../deadline.js'
import type { HistoryBounds } from '../../history.js'
import { invalidOptions, requireKnownKeys } from '../../validate-options.js'
import type { Bus, BusEvent, BusPage, BusUpdate } from '../bus.js'
import { AppendQueue } from './append-queue.js'
import { type ChannelListener, Channels } from './channels.js'
import { Functions } from './functions.js'
import type { RedisLink } from './link.js'
import { connect, type RedisTarget, requireTarget, targetNames } from './redis-target.js'

/** What a bus on Redis is made with. */
export type RedisBusOptions = RedisTarget & {
  /**
   * What all its keys and channels begin with: services that share a Redis have each their own.
   *
   * Defaults to `tidings`.
   */
  readonly prefix?: string
  /**
   * How long Redis may take to answer, in milliseconds, connecting to it included. What takes longer is given up with
   * `unavailable`: an emit that was may have been done nonetheless.
   *
   * Defaults to 2,000.
   */
  readonly timeoutMs?: number
  /** Told that a connection failed. It is made again in any case. */
  onError?(error: unknown): void
}

const optionNames = [...targetNames, 'client', 'prefix', 'timeoutMs', 'onError']

/** How many events are read at once. */
const pageSize = 500

/** How many characters may wait to be emitted. */
const maxWaiting = 16 * 1024 * 1024

/**
 * A bus on Redis 7 or later, or Valkey: one server, one watched by Sentinels, or a cluster. Needs the package `redis`.
 *
 * It connects at once, and again whenever a connection is lost. Everything in Redis is forgotten after some time without
 * use: a topic's history after `history.ms`, its epoch after an hour, a topic without events after three minutes at most.
 *
 * @throws TidingsError `invalid_options` for no place or several, a prefix with braces, or a time out of range
 */
export function redisBus(options: RedisBusOptions): Bus {
  return new RedisBus(options)
}

class RedisBus implements Bus {
  // A topic without events is forgotten after 45 s, and after three minutes once it was in use for some seconds.
  readonly keepAliveMs = 20_000
  readonly #link: RedisLink
  readonly #functions: Functions
  readonly #channels: Channels
  readonly #prefix: string
  readonly #timeoutMs: number
  readonly #queue: AppendQueue
  readonly #lossListeners = new Set<() => void>()
  // An epoch is unique to the life of one log: this process, and a count of what it has asked for.
  readonly #process = randomBytes(9).toString('base64url')
  #calls = 0
  /** What Redis is being asked. */
  readonly #asking = new Set<Promise<unknown>>()
  #isClosed = false
  #lastError: unknown

  constructor(options: RedisBusOptions) {
    requireKnownKeys('options', options, optionNames, 'redisBus')
    requireTarget(options)
    const { prefix = 'tidings', timeoutMs = 2_000, onError } = options
    if (/[{}\s]/.test(prefix))
      throw invalidOptions(`prefix is "${prefix}". Remove braces and spaces`, 'redisBus')
    if (!(timeoutMs > 0 && timeoutMs < 2 ** 31)) {
      throw invalidOptions(`timeoutMs is ${timeoutMs}. Give a number above 0 and below 2^31`, 'redisBus')
    }
    this.#prefix = prefix
    this.#timeoutMs = timeoutMs
    this.#queue = new AppendQueue(maxWaiting, timeoutMs, (topic, bodies, keep) =>
      this.#append(topic, bodies, keep),
    )
    this.#link = connect(options, {
      onFailed: (error) => {
        this.#lastError = error
        onError?.(error)
      },
      onRestored: () => {
        this.#lastError = undefined
        for (const doubter of this.#lossListeners) doubter()
      },
    })
    this.#functions = new Functions(this.#link, timeoutMs)
    this.#channels = new Channels(this.#link)
  }

  async append(topic: string, body: string, keep: HistoryBounds): Promise<void> {
    this.#requireOpen()
    await this.#explained(this.#queue.append(topic, body, keep))
  }

  async read(topic: string, keep: HistoryBounds, after?: Cursor): Promise<BusPage> {
    const reply = await this.#within(() => this.#read(topic, keep, after))
    const [epoch, head, time, ...rest] = reply as [string, number, number, ...string[]]
    // Its clock and ours may differ by more than history is kept for.
    const ahead = Date.now() - time
    const events: BusEvent[] = []
    for (let n = 0; n < rest.length; n += 2) {
      const seq = (after?.seq ?? 0) + 1 + events.length
      events.push({ seq, at: Number(rest[n]) + ahead, body: rest[n + 1] as string })
    }
    return { epoch, head, events }
  }

  async listen(topic: string, listener: (news: BusUpdate) => void): Promise<() => void> {
    return this.#subscribe(this.#newsOf(topic), (message) => listener(newsOf(message)))
  }

  onPossibleLoss(listener: () => void): () => void {
    const doubter = () => listener()
    this.#lossListeners.add(doubter)
    return () => this.#lossListeners.delete(doubter)
  }

  async send(name: string, message: string): Promise<number> {
    const channel = this.#channelOf(name)
    const receivers = await this.#within(() => this.#link.command(channel, ['SPUBLISH', channel, message]))
    return Number(receivers)
  }

  async receive(name: string, listener: (message: string) => void): Promise<() => void> {
    return this.#subscribe(this.#channelOf(name), (message) => listener(message))
  }

  async acquire(name: string, holder: string, ms: number): Promise<boolean> {
    const key = this.#nameOf(name)
    const args = [holder, whole(ms)]
    return (await this.#within(() => this.#functions.call('acquire', [key], args))) === 1
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#within(() => this.#functions.call('release', [this.#nameOf(name)], [holder]))
  }

  async put(name: string, value: string, ms: number): Promise<void> {
    const key = this.#nameOf(name)
    await this.#within(() => this.#link.command(key, ['SET', key, value, 'PX', whole(ms)]))
  }

  async get(name: string): Promise<string | undefined> {
    const key = this.#nameOf(name)
    const value = await this.#within(() => this.#link.command(key, ['GET', key]))
    return value === null ? undefined : (value as string)
  }

  async forget(name: string): Promise<void> {
    const key = this.#nameOf(name)
    await this.#within(() => this.#link.command(key, ['DEL', key]))
  }

  async count(name: string, holder: string, count: number, most: number, ms: number): Promise<boolean> {
    const key = `${this.#prefix}:count:${name}`
    const args = [holder, String(count), String(most), whole(ms)]
    return (await this.#within(() => this.#functions.call('count', [key], args))) === 1
  }

  async ping(): Promise<void> {
    await this.#within(() => this.#link.command(this.#prefix, ['PING']))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#lossListeners.clear()
    await Promise.allSettled(this.#asking)
    await this.#link.close()
  }

  async #read(topic: string, keep: HistoryBounds, after: Cursor | undefined): Promise<unknown> {
    const keys = this.#keysOf(topic)
    const position = [String(pageSize), after?.epoch ?? '', String(after?.seq ?? 0)]
    const ask = (name: string) =>
      this.#functions.call(name, keys, [this.#candidate(), ...boundsOf(keep), ...position])
    // A topic that is not there takes memory, which a Redis that is short of it refuses.
    return (await ask('read')) ?? (await ask('begin'))
  }

  async #append(topic: string, bodies: readonly string[], keep: HistoryBounds): Promise<void> {
    const candidate = this.#candidate()
    const keys = [...this.#keysOf(topic), `${this.#nameOfTopic(topic)}:by:${this.#process}`]
    const args = [candidate, String(this.#calls), ...boundsOf(keep), this.#newsOf(topic), ...bodies]
    await this.#functions.call('append', keys, args)
  }

  async #subscribe(channel: string, listener: ChannelListener): Promise<() => void> {
    this.#requireOpen()
    const stop = () => {
      if (!this.#isClosed) this.#channels.leave(channel, listener)
    }
    try {
      await this.#within(() => this.#channels.join(channel, listener))
    } catch (error) {
      stop()
      throw error
    }
    return stop
  }

  async #within<Reply>(ask: () => Promise<Reply>): Promise<Reply> {
    this.#requireOpen()
    return this.#explained(withTimeout(this.#timeoutMs, ask()))
  }

  /** What went wrong with Redis is told as what it means to the caller. Clients may see that: the details are in its cause. */
  async #explained<Reply>(reply: Promise<Reply>): Promise<Reply> {
    this.#asking.add(reply)
    try {
      return await reply
    } catch (error) {
      if (isTidingsError(error)) throw error
      const cause = error instanceof TimeoutError ? (this.#lastError ?? error) : error
      const message = 'Redis is unavailable. Try again later'
      throw new TidingsError({ code: 'unavailable', message, cause, retryAfterMs: this.#timeoutMs })
    } finally {
      this.#asking.delete(reply)
    }
  }

  #requireOpen(): void {
    if (!this.#isClosed) return
    throw new TidingsError({
      code: 'unavailable',
      message: 'The bus is closed and can no longer be used',
    })
  }

  #candidate(): string {
    this.#calls += 1
    return `${this.#process}-${this.#calls.toString(36)}`
  }

  /** What is of one topic lies in one hash slot, by the part in braces. */
  #nameOfTopic(topic: string): string {
    return `${this.#prefix}:{${topic}}`
  }

  #keysOf(topic: string): [head: string, log: string] {
    const name = this.#nameOfTopic(topic)
    return [`${name}:head`, `${name}:log`]
  }

  /** A channel: it is not among the keys, none of which may be missing while a cluster moves them. */
  #newsOf(topic: string): string {
    return `${this.#nameOfTopic(topic)}:news`
  }

  #nameOf(name: string): string {
    return `${this.#prefix}:name:${name}`
  }

  #channelOf(name: string): string {
    return `${this.#prefix}:to:${name}`
  }
}

/** `<epoch> <first seq> <time>`, and on the lines after it the events, each of which ends with an empty line. */
function newsOf(message: string): BusUpdate {
  const end = message.indexOf('\n')
  const [epoch = '', first, at] = message.slice(0, end).split(' ')
  const bodies = message.slice(end + 1).split(/(?<=\n\n)/)
  return { epoch, events: bodies.map((body, n) => ({ seq: Number(first) + n, at: Number(at), body })) }
}

/** Numbers below 0 stand for what has no bound. */
function boundsOf({ size, ms }: HistoryBounds): [size: string, ms: string] {
  return [Number.isFinite(size) ? String(size) : '-1', Number.isFinite(ms) ? whole(ms) : '-1']
}

/** Milliseconds as Redis takes them, up to 30 days. */
function whole(ms: number): string {
  return String(Math.min(Math.max(1, Math.ceil(ms)), 2_592_000_000))
}

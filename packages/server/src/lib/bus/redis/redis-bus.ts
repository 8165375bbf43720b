import { isTidingsError, TidingsError } from '@tidings/core'
import type { Cursor } from '@tidings/core/wire'
import { TimeoutError, withTimeout } from '../../deadline.js'
import type { HistoryBounds } from '../../history.js'
import type { TokenRate } from '../../token-buckets.js'
import { invalidOptions, requireKnownKeys } from '../../validate-options.js'
import type { Bus, BusPage, BusUpdate } from '../bus.js'
import { AppendQueue } from './append-queue.js'
import { type ChannelListener, Channels } from './channels.js'
import { Functions } from './functions.js'
import type { RedisLink } from './link.js'
import { RedisKeys } from './redis-keys.js'
import { connect, type RedisTarget, requireTarget, targetNames } from './redis-target.js'
import { parseUpdate, TopicLogs, wholeMs } from './topic-logs.js'

/** The options of {@link redisBus}. */
export type RedisBusOptions = RedisTarget & {
  /**
   * The beginning of every key and channel. Services that share a Redis need different prefixes.
   *
   * Defaults to `tidings`.
   */
  readonly prefix?: string
  /**
   * How long a request to Redis may take, in milliseconds, including the time to connect. After that it
   * rejects with `unavailable`; an emit may still have been appended.
   *
   * Defaults to 2,000.
   */
  readonly timeoutMs?: number
  /** Called when a connection fails. The bus reconnects by itself. */
  onError?(error: unknown): void
}

const optionNames = [...targetNames, 'client', 'prefix', 'timeoutMs', 'onError']

/** How many characters of events may wait to be appended. */
const maxQueuedLength = 16 * 1024 * 1024

/**
 * A bus on Redis 7 or later, or Valkey: one server, one watched by Sentinels, or a cluster. Needs the package
 * `redis`.
 *
 * It connects at once and reconnects after each loss. All data in Redis expires without use: a topic's
 * history after `history.ms`, its epoch after an hour, a topic without events after three minutes at most.
 *
 * @throws TidingsError `invalid_options` unless exactly one of `url`, `sentinel` and `cluster` is given, or
 * if the prefix has braces or spaces, or `timeoutMs` is out of range
 */
export function redisBus(options: RedisBusOptions): Bus {
  return new RedisBus(options)
}

class RedisBus implements Bus {
  // A topic without events expires after 45 s, or after three minutes once it has been in use for 10 s.
  readonly keepAliveMs = 20_000
  readonly #link: RedisLink
  readonly #functions: Functions
  readonly #channels: Channels
  readonly #keys: RedisKeys
  readonly #logs: TopicLogs
  readonly #timeoutMs: number
  readonly #queue: AppendQueue
  readonly #lossListeners = new Set<() => void>()
  readonly #pending = new Set<Promise<unknown>>()
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
    this.#timeoutMs = timeoutMs
    this.#keys = new RedisKeys(prefix)
    this.#link = connect(options, {
      onFailed: (error) => {
        this.#lastError = error
        onError?.(error)
      },
      onRestored: () => {
        this.#lastError = undefined
        for (const listener of this.#lossListeners) listener()
      },
    })
    this.#functions = new Functions(this.#link, timeoutMs)
    this.#channels = new Channels(this.#link)
    this.#logs = new TopicLogs(this.#functions, this.#keys)
    this.#queue = new AppendQueue(this.#logs, maxQueuedLength, timeoutMs)
  }

  async append(topic: string, body: string, keep: HistoryBounds): Promise<void> {
    this.#requireOpen()
    await this.#settle(this.#queue.append(topic, body, keep))
  }

  async extend(
    topic: string,
    after: Cursor,
    bodies: readonly string[],
    keep: HistoryBounds,
  ): Promise<boolean> {
    return this.#request(() => this.#logs.extend(topic, after, bodies, keep))
  }

  async read(topic: string, keep: HistoryBounds, after?: Cursor): Promise<BusPage> {
    return this.#request(() => this.#logs.read(topic, keep, after))
  }

  async expire(topic: string, ms: number): Promise<void> {
    await this.#request(() => this.#logs.expire(topic, ms))
  }

  async drop(topic: string, upTo: Cursor): Promise<void> {
    await this.#request(() => this.#logs.drop(topic, upTo))
  }

  async listen(topic: string, listener: (update: BusUpdate) => void): Promise<() => void> {
    return this.#subscribe(this.#keys.updates(topic), (message) => listener(parseUpdate(message)))
  }

  onPossibleLoss(listener: () => void): () => void {
    // A function of its own, so that one listener may be added twice.
    const added = () => listener()
    this.#lossListeners.add(added)
    return () => this.#lossListeners.delete(added)
  }

  async send(name: string, message: string): Promise<number> {
    const channel = this.#keys.messages(name)
    const receivers = await this.#request(() => this.#link.command(channel, ['SPUBLISH', channel, message]))
    return Number(receivers)
  }

  async receive(name: string, listener: (message: string) => void): Promise<() => void> {
    return this.#subscribe(this.#keys.messages(name), (message) => listener(message))
  }

  async acquire(name: string, holder: string, ms: number): Promise<boolean> {
    const key = this.#keys.name(name)
    const args = [holder, wholeMs(ms)]
    return (await this.#request(() => this.#functions.call('acquire', [key], args))) === 1
  }

  async release(name: string, holder: string): Promise<void> {
    await this.#request(() => this.#functions.call('release', [this.#keys.name(name)], [holder]))
  }

  async put(name: string, value: string, ms: number): Promise<void> {
    const key = this.#keys.name(name)
    await this.#request(() => this.#link.command(key, ['SET', key, value, 'PX', wholeMs(ms)]))
  }

  async get(name: string): Promise<string | undefined> {
    const key = this.#keys.name(name)
    const value = await this.#request(() => this.#link.command(key, ['GET', key]))
    return value === null ? undefined : (value as string)
  }

  async forget(name: string): Promise<void> {
    const key = this.#keys.name(name)
    await this.#request(() => this.#link.command(key, ['DEL', key]))
  }

  async count(name: string, holder: string, count: number, most: number, ms: number): Promise<boolean> {
    const key = this.#keys.count(name)
    const args = [holder, String(count), String(most), wholeMs(ms)]
    return (await this.#request(() => this.#functions.call('count', [key], args))) === 1
  }

  async takeToken(name: string, { burst, perSecond }: TokenRate): Promise<number> {
    const key = this.#keys.bucket(name)
    const args = [String(burst), String(perSecond)]
    return Number(await this.#request(() => this.#functions.call('take', [key], args)))
  }

  async ping(): Promise<void> {
    await this.#request(() => this.#link.command(this.#keys.prefix, ['PING']))
  }

  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    this.#lossListeners.clear()
    await Promise.allSettled(this.#pending)
    await this.#link.close()
  }

  async #subscribe(channel: string, listener: ChannelListener): Promise<() => void> {
    this.#requireOpen()
    const stop = () => {
      if (!this.#isClosed) this.#channels.leave(channel, listener)
    }
    try {
      await this.#request(() => this.#channels.join(channel, listener))
    } catch (error) {
      stop()
      throw error
    }
    return stop
  }

  async #request<Reply>(send: () => Promise<Reply>): Promise<Reply> {
    this.#requireOpen()
    return this.#settle(withTimeout(this.#timeoutMs, send()))
  }

  /** Waits for a reply. Rejects with `unavailable`, which clients may see; the details are in its cause. */
  async #settle<Reply>(reply: Promise<Reply>): Promise<Reply> {
    this.#pending.add(reply)
    try {
      return await reply
    } catch (error) {
      if (isTidingsError(error)) throw error
      const cause = error instanceof TimeoutError ? (this.#lastError ?? error) : error
      const message = 'Redis is unavailable. Try again later'
      throw new TidingsError({ code: 'unavailable', message, cause, retryAfterMs: this.#timeoutMs })
    } finally {
      this.#pending.delete(reply)
    }
  }

  #requireOpen(): void {
    if (!this.#isClosed) return
    throw new TidingsError({
      code: 'unavailable',
      message: 'The bus is closed and can no longer be used',
    })
  }
}

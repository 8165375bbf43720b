import { setTimeout as pause } from 'node:timers/promises'
import type { Client, ClientOptions } from '@tidings/client'
import type { ContractDefinition, TidingsError } from '@tidings/core'
import { type Cursor, isAtOrAfter, parseCursor } from '@tidings/core/wire'
import { CliError } from '../exit-code.js'
import type { DescribedTopic } from '../live/described-client.js'
import { type Frame, type FrameTap, tappedFetch } from '../live/frame-tap.js'
import { BenchConnection } from './bench-connection.js'
import type { CommandLoad } from './command-load.js'
import { Deliveries } from './deliveries.js'
import { MachineLoad } from './machine-load.js'
import type { Marks } from './marks.js'
import { isOutOfSockets, openFilesHint } from './open-files.js'
import { Timings } from './timings.js'

/** What a bench does. */
export interface BenchPlan {
  readonly subscribers: number
  readonly connections: number
  /** How long deliveries are counted. */
  readonly seconds: number
  /** Milliseconds that a subscriber may take to be live. */
  readonly timeoutMs: number
  /** The names of the channel's events. */
  readonly events: readonly string[]
  /** The path in a payload to the time at which its event was sent. */
  readonly timeField: string | undefined
  readonly createClient: (options: Partial<ClientOptions>) => Client<ContractDefinition>
  /** Returns the topic of a subscriber, counted from 0. */
  readonly topicOf: (client: Client<ContractDefinition>, subscriber: number) => DescribedTopic
  readonly marks: Marks | undefined
  readonly load: CommandLoad | undefined
}

export interface BenchCallbacks {
  onConnecting(settled: number): void
  onMeasuring(seconds: number): void
}

/** How many connections are opened at the same time. */
const concurrency = 100

/** Milliseconds that events have to arrive once no more are asked for: in all, and after the last delivery. */
const drainMs = { most: 2_000, quiet: 200 }

export type BenchResult = Awaited<ReturnType<Bench['run']>>

/** Subscribers of one server, and what they receive. */
export class Bench {
  readonly #plan: BenchPlan
  readonly #callbacks: BenchCallbacks
  readonly #connections: BenchConnection[] = []
  readonly #deliveries: Deliveries
  readonly #connectTimes = new Timings()
  readonly #firstTimes = new Timings()
  readonly #failures = new Map<string, { count: number; readonly message: string }>()
  /** How many live subscribers each topic has, by its key. */
  readonly #audience = new Map<string, number>()
  /** The last events of topics before the measuring, which some subscribers have received then. */
  readonly #before = new Map<string, Cursor>()
  readonly #stop = new AbortController()
  #isMeasuring = false
  #settled = 0
  #live = 0
  #bytes = 0
  #deliveredAt = 0
  #gaps = 0
  #reconnects = 0
  #misfits = 0

  constructor(plan: BenchPlan, callbacks: BenchCallbacks) {
    this.#plan = plan
    this.#callbacks = callbacks
    this.#deliveries = new Deliveries(plan.timeField, plan.marks)
  }

  /**
   * Opens the connections, and counts for the planned time, or until the signal fires.
   *
   * @throws CliError if this machine has no sockets left
   */
  async run(signal: AbortSignal) {
    const { load, seconds } = this.#plan
    const end = AbortSignal.any([signal, this.#stop.signal])
    try {
      await this.#connect(end)
      this.#throwIfStopped()
      const machine = new MachineLoad()
      const startedAt = performance.now()
      this.#isMeasuring = true
      if (this.#live > 0) load?.start()
      await this.#wait(seconds, end)
      const elapsed = (performance.now() - startedAt) / 1000
      const counted = { deliveries: this.#deliveries.result.deliveries, bytes: this.#bytes }
      const busy = machine.stop()
      await load?.stop()
      await this.#drain(end)
      this.#throwIfStopped()
      return this.#result(elapsed, counted, busy)
    } finally {
      this.#isMeasuring = false
      for (const connection of this.#connections) connection.close()
    }
  }

  #result(
    seconds: number,
    counted: { deliveries: number; bytes: number },
    machine: ReturnType<MachineLoad['stop']>,
  ) {
    const { subscribers, connections, load } = this.#plan
    return {
      subscribers,
      connections,
      topics: this.#audience.size,
      live: this.#live,
      failed: Object.fromEntries(this.#failures),
      seconds,
      connectMs: this.#connectTimes.distribution,
      firstMs: this.#firstTimes.distribution,
      ...this.#deliveries.result,
      deliveriesPerSecond: counted.deliveries / seconds,
      bytes: this.#bytes,
      bytesPerSecond: counted.bytes / seconds,
      gaps: this.#gaps,
      reconnects: this.#reconnects,
      misfits: this.#misfits,
      ...(load && { commands: load.result }),
      machine,
    }
  }

  async #connect(signal: AbortSignal): Promise<void> {
    const { connections } = this.#plan
    const aborted = new Promise<void>((resolve) => {
      if (signal.aborted) resolve()
      else signal.addEventListener('abort', () => resolve(), { once: true })
    })
    let next = 0
    const open = async () => {
      for (let index = next++; index < connections && !signal.aborted; index = next++) {
        await Promise.race([this.#open(index), aborted])
      }
    }
    await Promise.all(Array.from({ length: Math.min(concurrency, connections) }, open))
  }

  /** Opens a connection, with every so manieth subscriber. */
  async #open(index: number): Promise<void> {
    const { connections, subscribers, events, timeoutMs, createClient, topicOf } = this.#plan
    const tap: FrameTap = {
      onFrame: (frame) => connection.onFrame(frame),
      onBytes: (bytes) => {
        if (this.#isMeasuring) this.#bytes += bytes
      },
    }
    const client = createClient({
      fetch: tappedFetch(fetch, tap),
      onError: (_, { event }) => {
        if (event !== undefined) this.#misfits += 1
      },
    })
    const connection = new BenchConnection(client, {
      onReady: (ms) => {
        this.#live += 1
        this.#connectTimes.add(ms)
      },
      onFirst: (ms) => this.#firstTimes.add(ms),
      onFailed: (problem) => this.#onFailed(problem),
      onEvent: (frame, topic, value) => this.#onEvent(frame, topic, value),
      onGap: () => {
        this.#gaps += 1
      },
      onReconnect: () => {
        this.#reconnects += 1
      },
      onWaiting: (problem) => this.#onWaiting(problem),
    })
    this.#connections.push(connection)
    const subscribing: Promise<void>[] = []
    for (let subscriber = index; subscriber < subscribers; subscriber += connections) {
      const topic = topicOf(client, subscriber)
      this.#audience.set(topic.key, (this.#audience.get(topic.key) ?? 0) + 1)
      subscribing.push(
        connection.subscribe(topic, events, timeoutMs).then(() => {
          this.#settled += 1
          this.#callbacks.onConnecting(this.#settled)
        }),
      )
    }
    await Promise.all(subscribing)
  }

  #onEvent({ id, data }: Frame, topic: string, value: unknown): void {
    const before = this.#before.get(topic)
    const cursor = parseCursor(id)
    if (!cursor) return
    if (!this.#isMeasuring) {
      if (!before || isAtOrAfter(cursor, before)) this.#before.set(topic, cursor)
    } else if (!before || !isAtOrAfter(before, cursor)) {
      this.#deliveredAt = performance.now()
      this.#deliveries.add({ cursor: id, subscribers: this.#audience.get(topic) ?? 1, value, data })
    }
  }

  #onFailed({ code, message }: TidingsError): void {
    const failure = this.#failures.get(code) ?? { count: 0, message }
    failure.count += 1
    this.#failures.set(code, failure)
  }

  #onWaiting(problem: TidingsError): void {
    if (!isOutOfSockets(problem)) return
    this.#stop.abort(
      new CliError(`This machine has no sockets left after ${this.#live} connections: ${problem.message}`, {
        hint: openFilesHint(2 * this.#plan.connections, this.#live),
      }),
    )
  }

  #throwIfStopped(): void {
    this.#stop.signal.throwIfAborted()
  }

  async #wait(seconds: number, signal: AbortSignal): Promise<void> {
    const startedAt = performance.now()
    const elapsed = () => (performance.now() - startedAt) / 1000
    while (elapsed() < seconds && !signal.aborted) {
      this.#callbacks.onMeasuring(elapsed())
      const left = (seconds - elapsed()) * 1000
      await pause(Math.min(100, left), undefined, { signal }).catch(() => {})
    }
  }

  /** Waits for the events that are on their way. */
  async #drain(signal: AbortSignal): Promise<void> {
    this.#deliveries.drain()
    const startedAt = performance.now()
    const isOver = () => {
      const now = performance.now()
      const isQuiet = now - Math.max(this.#deliveredAt, startedAt) > drainMs.quiet
      const isExpected = this.#deliveries.isPending || (this.#plan.load && !isQuiet)
      return !isExpected || now - startedAt > drainMs.most
    }
    while (!isOver() && !signal.aborted) await pause(5)
  }
}

import { TidingsError } from '@tidings/core'
import { maxTimerMs, parseRunKey, runKey } from '@tidings/core/wire'
import type { StreamImplementation } from '../bind-handlers.js'
import type { Logs, TopicRequest } from '../connections/topic-access.js'
import { Epochs } from '../log/epochs.js'
import type { Topic } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'
import type { TopicRef } from '../log/topic-ref.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import type { RunLimits } from '../run-limits.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import { Run } from './run.js'
import { RunCounts } from './run-counts.js'
import { cancelled, noSuchRun } from './run-errors.js'
import { RunRoom } from './run-room.js'

/** A run keeps its log itself. */
const unbounded = { size: Number.POSITIVE_INFINITY, ms: Number.POSITIVE_INFINITY }

/** A request to start a run. */
export interface RunStart {
  readonly stream: StreamImplementation
  readonly id: string
  /** The client that starts it. */
  readonly starter: TopicHolder
  /** A hash of the input, which a repeated request has as well. */
  readonly fingerprint: string
}

/** What a repeated request to start a run is compared with. */
interface Started {
  readonly path: string
  readonly starter: TopicHolder
  readonly fingerprint: string
}

export interface RunsDeps {
  readonly writes: WriteBatcher
  readonly limits: RunLimits
  /** About how long a client that was refused should wait before it tries again, in milliseconds. */
  readonly retryMs: number
  onError(error: unknown, at: { readonly place: string }): void
}

/** The runs of a server: those that go on, and those that are kept after their end. */
export class Runs implements Logs {
  readonly #deps: RunsDeps
  /** By id. */
  readonly #runs = new Map<string, Run>()
  /** The runs that are being started, by id. */
  readonly #starting = new Map<string, Started & { readonly run: Promise<Run> }>()
  /** The runs that have ended, with the timers that drop them. Oldest first. */
  readonly #kept = new Map<Run, Timer | undefined>()
  readonly #epochs = new Epochs()
  readonly #counts: RunCounts<Run>
  readonly #room: RunRoom

  constructor(deps: RunsDeps) {
    this.#deps = deps
    this.#counts = new RunCounts(deps.limits, deps.retryMs, (run) => this.#drop(run))
    this.#room = new RunRoom(deps.limits.runBytes, () => this.#dropOldest())
  }

  /** The number of runs that go on or are kept. */
  get size(): number {
    return this.#runs.size
  }

  /**
   * Starts a run, or joins the one that an earlier request with the same id has started.
   *
   * @param begin lets the run pass, and begins its handler; called once for each run
   * @throws TidingsError `conflict` if the id was used for another request; `too_many_requests` or `unavailable` at
   * a limit; what `begin` throws before the run exists
   */
  async start(start: RunStart, begin: (create: () => Run) => Promise<Run>): Promise<Run> {
    const { id } = start
    const known = this.#runs.get(id) ?? this.#starting.get(id)
    if (known) {
      requireSame(known, start)
      return known instanceof Run ? known : known.run
    }
    this.#counts.makeRoom(start.starter)
    const run = begin(() => this.#create(start)).finally(() => this.#starting.delete(id))
    const { starter, fingerprint } = start
    this.#starting.set(id, { path: start.stream.compiled.path, starter, fingerprint, run })
    return run
  }

  /** Returns a run by its id. */
  get(id: string): Run | undefined {
    return this.#runs.get(id)
  }

  /** Returns the request for a run of a stream, which may not exist. */
  request({ compiled, runBehind, runs }: StreamImplementation, id: string): TopicRequest {
    const authorize = async ({ context }: { context: unknown }) => {
      const startedBy = this.#require(id, compiled.path).starter.principal
      return runs.authorize({ context, startedBy })
    }
    const channel = { ...settings, compiled, authorize, runBehind }
    return { key: runKey(compiled.path, id), params: undefined, channel, logs: this }
  }

  async prepare({ key }: TopicRef): Promise<void> {
    this.#requireByKey(key)
  }

  getOrCreate({ key }: TopicRef): Topic {
    return this.#requireByKey(key).topic
  }

  /** Ends a run for all its readers. Has no effect on one that is over. */
  cancel(id: string): void {
    this.#runs.get(id)?.stop(cancelled('The run was cancelled'))
  }

  /** Drops every run. */
  close(): void {
    for (const timer of this.#kept.values()) clearTimeout(timer)
    this.#kept.clear()
    this.#runs.clear()
  }

  #create({ stream, id, starter, fingerprint }: RunStart): Run {
    // Others may have started while the middleware let this one pass.
    this.#counts.makeRoom(starter)
    const { path } = stream.compiled
    const key = runKey(path, id)
    const run = new Run(
      { key, params: undefined, channel: settings },
      {
        epoch: this.#epochs.next(key),
        settings: stream.runs,
        path,
        starter,
        fingerprint,
        writes: this.#deps.writes,
        room: this.#room,
        onEnded: (ended) => this.#keep(ended, stream.runs.keepMs),
        report: (error) => this.#deps.onError(error, { place: path }),
      },
    )
    this.#runs.set(id, run)
    this.#counts.add(run)
    return run
  }

  #keep(run: Run, ms: number): void {
    const drop = () => this.#drop(run)
    this.#kept.set(
      run,
      ms === Number.POSITIVE_INFINITY ? undefined : setBackgroundTimeout(drop, Math.min(ms, maxTimerMs)),
    )
  }

  #dropOldest(): boolean {
    for (const run of this.#kept.keys()) {
      this.#drop(run)
      return true
    }
    return false
  }

  /** Drops a run that is over. */
  #drop(run: Run): void {
    clearTimeout(this.#kept.get(run))
    this.#kept.delete(run)
    this.#counts.remove(run)
    const { id = '' } = parseRunKey(run.topic.key) ?? {}
    this.#runs.delete(id)
    run.drop()
  }

  #requireByKey(key: string): Run {
    const { path = '', id = '' } = parseRunKey(key) ?? {}
    return this.#require(id, path)
  }

  #require(id: string, path: string): Run {
    const run = this.#runs.get(id)
    if (run?.path !== path) throw noSuchRun()
    return run
  }
}

/** What the log of a run brings to its topic. */
const settings = {
  history: unbounded,
  delivery: 'every',
  loadSnapshot: undefined,
  runSource: undefined,
  isGapless: true,
} as const

/** @throws TidingsError `conflict` unless a repeated request is the same as the first */
function requireSame(first: Started, { stream, starter, fingerprint }: RunStart): void {
  const isSame =
    first.path === stream.compiled.path &&
    first.starter.principal === starter.principal &&
    first.fingerprint === fingerprint
  if (isSame) return
  const message = 'The Idempotency-Key has started another run. Make a new one for each run'
  throw new TidingsError({ code: 'conflict', message })
}

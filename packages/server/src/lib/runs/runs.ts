import { type Cursor, maxTimerMs, parseRunKey, runKey } from '@tidings/core/wire'
import type { StreamImplementation } from '../bind-handlers.js'
import type { Logs, TopicRequest } from '../connections/topic-access.js'
import { Epochs } from '../log/epochs.js'
import type { Topic } from '../log/topic.js'
import type { TopicHolder } from '../log/topic-limits.js'
import type { TopicRef } from '../log/topic-ref.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import type { RunLimits } from '../run-limits.js'
import { setBackgroundTimeout, type Timer } from '../runtime/timers.js'
import { type Place, StartedElsewhere } from './hosted-runs.js'
import { type KnownRun, type RunStart, requireSame } from './known-run.js'
import { Run } from './run.js'
import { RunCluster, type RunNode } from './run-cluster.js'
import { RunCounts } from './run-counts.js'
import { cancelled, noSuchRun, released } from './run-errors.js'
import { runChannel } from './run-log.js'
import type { ReadersReport } from './run-readers.js'
import { settingsInRecord } from './run-records.js'
import { RunRoom } from './run-room.js'

/** Whether a request has started a run, or joins one that an earlier request has started. */
export type StartOutcome = 'started' | 'joined'

export interface RunsDeps {
  readonly writes: WriteBatcher
  readonly limits: RunLimits
  /** Absent without a bus. */
  readonly node: RunNode | undefined
  /** About how long a client that was refused should wait before it tries again, in milliseconds. */
  readonly retryMs: number
  onError(error: unknown, at: { readonly place: string }): void
}

/** The runs of a server, until they are no longer kept. */
export class Runs implements Logs {
  readonly #deps: RunsDeps
  readonly #cluster: RunCluster | undefined
  /** Those of this node, by id. */
  readonly #runs = new Map<string, Run>()
  /** The runs that are being started, by id. */
  readonly #starting = new Map<string, KnownRun & { readonly started: Promise<StartOutcome> }>()
  /** The runs that have ended, with the timers that drop them. Oldest first. */
  readonly #kept = new Map<Run, Timer | undefined>()
  readonly #epochs = new Epochs()
  readonly #counts: RunCounts<Run>
  readonly #room: RunRoom

  constructor(deps: RunsDeps) {
    this.#deps = deps
    this.#counts = new RunCounts(deps.limits, deps.retryMs, (run) => this.#discard(run))
    this.#room = new RunRoom(deps.limits.runBytes, () => this.#discardOldest())
    this.#cluster = deps.node && new RunCluster(deps.node, deps.writes, this.#room)
  }

  /** The number of this node's runs that go on or are kept. */
  get size(): number {
    return this.#runs.size
  }

  /**
   * Starts a run, unless an earlier request with the same id has started it, on this node or another.
   *
   * @param begin lets the run pass, and begins its handler; called once for each run
   * @returns whether this request has started it, or joins it
   * @throws TidingsError `conflict` if the id was used for another request; `too_many_requests` or `unavailable` at
   * a limit; what `begin` throws before the run exists
   */
  async start(
    start: RunStart,
    begin: (create: () => Promise<Run>) => Promise<unknown>,
  ): Promise<StartOutcome> {
    const { id, starter, fingerprint } = start
    const known = this.#runs.get(id) ?? this.#starting.get(id)
    if (known) {
      requireSame(known, start)
      if (!(known instanceof Run)) await known.started
      return 'joined'
    }
    const started = this.#start(start, begin).finally(() => this.#starting.delete(id))
    const { path } = start.stream.compiled
    this.#starting.set(id, { path, startedBy: starter.principal, fingerprint, started })
    return started
  }

  /**
   * Returns a run by its id. One that is being started is waited for.
   *
   * @throws TidingsError `unavailable` if the bus cannot be read
   */
  async find(id: string): Promise<KnownRun | undefined> {
    await this.#starting.get(id)?.started.catch(() => {})
    const run = this.#runs.get(id)
    if (run || !this.#cluster) return run
    const record = this.#cluster.followed.get(id)?.record ?? (await this.#cluster.records.get(id))
    if (record?.node !== this.#cluster.nodeId) return record
    // It has ended, and this node keeps it no longer.
    const { node: _, ...known } = record
    return known
  }

  /** Returns the request for a run of a stream, which may not exist. */
  request({ compiled, runBehind, runs }: StreamImplementation, id: string): TopicRequest {
    const authorize = async ({ context }: { context: unknown }) => {
      const { startedBy } = await this.#require(id, compiled.path)
      return runs.authorize({ context, startedBy })
    }
    const channel = { ...runChannel, compiled, authorize, runBehind }
    return { key: runKey(compiled.path, id), params: undefined, channel, logs: this }
  }

  async prepare({ key }: TopicRef, _holder: TopicHolder, cursor?: Cursor): Promise<void> {
    const { path = '', id = '' } = parseRunKey(key) ?? {}
    if (!this.#cluster || this.#runs.has(id)) {
      await this.#require(id, path)
      return
    }
    const { followed, records } = this.#cluster
    const record = followed.get(id)?.record ?? (await records.get(id))
    if (record?.path !== path) throw noSuchRun()
    await followed.prepare(id, record, cursor)
  }

  getOrCreate({ key }: TopicRef): Topic {
    const { path = '', id = '' } = parseRunKey(key) ?? {}
    const run = this.#runs.get(id)
    if (run?.path === path) return run.topic
    if (run || !this.#cluster) throw noSuchRun()
    const followed = this.#cluster.followed.get(id)
    if (followed?.record.path !== path) throw released()
    return followed.topic
  }

  /** Ends a run of this node for all its readers. Has no effect on one that is over. */
  cancel(id: string): void {
    this.#runs.get(id)?.stop(cancelled('The run was cancelled'))
  }

  /**
   * Returns whether a run of another node is over. If that node is gone, it is.
   *
   * @throws TidingsError `unavailable` if the bus cannot be read
   */
  async isOver(id: string, path: string): Promise<boolean> {
    const ref = { key: runKey(path, id), params: undefined, channel: runChannel }
    await this.prepare(ref, { principal: undefined, address: undefined })
    return this.getOrCreate(ref).log.hasEnded
  }

  /** Called with what another node reports of its readers. */
  onReaders(node: string, reports: readonly ReadersReport[]): void {
    this.#cluster?.hosted.onReaders(node, reports)
  }

  /** Resolves when the bus has everything that the runs of this node have emitted. */
  async flushed(): Promise<void> {
    await this.#cluster?.hosted.flushed()
  }

  /** Drops every run. */
  async close(): Promise<void> {
    for (const timer of this.#kept.values()) clearTimeout(timer)
    this.#kept.clear()
    this.#runs.clear()
    await this.#cluster?.close()
  }

  async #start(
    start: RunStart,
    begin: (create: () => Promise<Run>) => Promise<unknown>,
  ): Promise<StartOutcome> {
    const elsewhere = this.#cluster && (await this.#cluster.records.get(start.id))
    if (elsewhere) {
      requireSame(elsewhere, start)
      return 'joined'
    }
    this.#counts.makeRoom(start.starter)
    try {
      await begin(() => this.#create(start))
      return 'started'
    } catch (error) {
      if (!(error instanceof StartedElsewhere)) throw error
      requireSame(error.record, start)
      return 'joined'
    }
  }

  async #create(start: RunStart): Promise<Run> {
    const { stream, id, starter, fingerprint } = start
    // Others may have started while the middleware let this one pass.
    const giveBack = this.#counts.reserve(starter)
    const { path } = stream.compiled
    const key = runKey(path, id)
    let place: Place | undefined
    try {
      place = await this.#claim(key, start)
    } finally {
      giveBack()
    }
    const run = new Run(
      { key, params: undefined, channel: runChannel },
      {
        id,
        epoch: place?.log.epoch ?? this.#epochs.next(key),
        hosted: place?.log,
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
    if (place) this.#cluster?.hosted.add(run, place)
    return run
  }

  async #claim(key: string, { id, stream, starter, fingerprint }: RunStart): Promise<Place | undefined> {
    const { path } = stream.compiled
    const about = { path, startedBy: starter.principal, fingerprint, ...settingsInRecord(stream.runs) }
    return this.#cluster?.hosted.claim(id, key, about)
  }

  #keep(run: Run, ms: number): void {
    this.#cluster?.hosted.onEnded(run)
    this.#dropLater(run, ms)
    this.#room.reconsider()
  }

  /** Drops a run after a time, unless it is being read then. */
  #dropLater(run: Run, ms: number): void {
    const drop = () => {
      if (run.topic.readers.size === 0) this.#drop(run)
      else this.#dropLater(run, ms)
    }
    const isTimed = ms !== Number.POSITIVE_INFINITY
    this.#kept.set(run, isTimed ? setBackgroundTimeout(drop, Math.min(ms, maxTimerMs)) : undefined)
  }

  #discardOldest(): boolean {
    for (const run of this.#kept.keys()) {
      // Its log has only its error. Without it, readers would get `not_found`.
      if (run.wasEndedForRoom) continue
      this.#discard(run)
      return true
    }
    return false
  }

  /** Drops a run that is over, on every node. */
  #discard(run: Run): void {
    this.#drop(run)
    this.#cluster?.hosted.discard(run)
  }

  /** Drops a run that is over. */
  #drop(run: Run): void {
    clearTimeout(this.#kept.get(run))
    this.#kept.delete(run)
    this.#counts.remove(run)
    this.#runs.delete(run.id)
    run.drop()
    this.#room.reconsider()
  }

  async #require(id: string, path: string): Promise<KnownRun> {
    const run = await this.find(id)
    if (run?.path !== path) throw noSuchRun()
    return run
  }
}

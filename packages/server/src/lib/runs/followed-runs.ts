import type { Cursor } from '@tidings/core/wire'
import type { Bus } from '../bus/bus.js'
import type { Checked } from '../log/bus-check.js'
import type { WriteBatcher } from '../log/write-batcher.js'
import { setBackgroundInterval, type Timer } from '../runtime/timers.js'
import { FollowedRun } from './followed-run.js'
import { noRoom } from './run-errors.js'
import type { ReadersReport } from './run-readers.js'
import type { RunRecord, RunRecords } from './run-records.js'
import type { RunRoom } from './run-room.js'

/** How often the nodes of the runs are checked, and told about the readers here, in milliseconds. */
const watchMs = 1_500

export interface FollowedRunsDeps {
  readonly bus: Bus
  readonly records: RunRecords
  readonly writes: WriteBatcher
  readonly room: RunRoom
  /** Sends reports to a node. */
  report(node: string, reports: readonly ReadersReport[]): void
}

/** The runs of other nodes that this node reads, or has read a moment ago. */
export class FollowedRuns {
  readonly #deps: FollowedRunsDeps
  /** By id. */
  readonly #runs = new Map<string, FollowedRun>()
  /** Set while there are runs. */
  #watching: Timer | undefined

  constructor(deps: FollowedRunsDeps) {
    this.#deps = deps
  }

  get(id: string): FollowedRun | undefined {
    return this.#runs.get(id)
  }

  /** The runs that go on, which are compared with their logs on the bus. */
  get running(): Iterable<Checked> {
    return this.#runs.values()
  }

  /**
   * Prepares the log of a run for a reader.
   *
   * @throws TidingsError `interrupted` if the log was lost, `unavailable` if the bus cannot be read or there is no room
   */
  async prepare(id: string, record: RunRecord, cursor: Cursor | undefined): Promise<void> {
    const run = this.#runs.get(id) ?? this.#follow(id, record)
    try {
      await run.prepare(cursor)
      if (run.isRunning && !(await this.#isHeld(record.lease))) await run.interrupt()
    } catch (error) {
      if (run.topic.readers.size === 0) this.#drop(run)
      throw error
    }
  }

  close(): void {
    for (const run of this.#runs.values()) this.#drop(run)
  }

  #follow(id: string, record: RunRecord): FollowedRun {
    const { bus, writes, room } = this.#deps
    if (!room.hasRoom()) throw noRoom()
    const run = new FollowedRun(id, record, {
      bus,
      writes,
      room,
      report: ({ record: { node } }, report) => this.#deps.report(node, [report]),
      onUnused: (unused) => this.#drop(unused),
    })
    this.#runs.set(id, run)
    this.#watching ??= setBackgroundInterval(() => void this.#watch(), watchMs)
    return run
  }

  #drop(run: FollowedRun): void {
    if (this.#runs.get(run.id) !== run) return
    this.#runs.delete(run.id)
    run.stop()
    if (this.#runs.size > 0) return
    clearInterval(this.#watching)
    this.#watching = undefined
  }

  /** Tells the nodes of the runs about the readers here, and ends the runs whose node is gone, or never ran them. */
  async #watch(): Promise<void> {
    const byLease = new Map<string, FollowedRun[]>()
    for (const run of this.#runs.values()) {
      if (!run.isRunning) continue
      const { lease } = run.record
      byLease.set(lease, [...(byLease.get(lease) ?? []), run])
    }
    for (const [lease, runs] of byLease) {
      const [{ record }] = runs as [FollowedRun]
      const read = runs.filter(({ topic }) => topic.readers.size > 0)
      if (read.length > 0)
        this.#deps.report(
          record.node,
          read.map((run) => run.readers()),
        )
      if (await this.#isHeld(lease)) await Promise.all(runs.map((run) => this.#checkStarted(run)))
      else await Promise.all(runs.map((run) => run.interrupt()))
    }
  }

  /** Ends a run that was not started for its readers: its node has abandoned its record. */
  async #checkStarted(run: FollowedRun): Promise<void> {
    if (!run.isEmpty) return
    const { epoch, lease } = run.record
    const record = await this.#deps.records.get(run.id).catch(() => run.record)
    if (run.isEmpty && (record?.epoch !== epoch || record.lease !== lease)) run.lose()
  }

  /** Whether the node of a lease is there, as far as the bus can tell. */
  async #isHeld(lease: string): Promise<boolean> {
    try {
      return (await this.#deps.bus.get(lease)) !== undefined
    } catch {
      return true
    }
  }
}

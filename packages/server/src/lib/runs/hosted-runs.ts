import type { Bus } from '../bus/bus.js'
import { ignorable } from '../ignorable.js'
import type { Checked } from '../log/bus-check.js'
import { setBackgroundInterval, type Timer } from '../runtime/timers.js'
import { HostLease, type Lease } from './host-lease.js'
import type { Run } from './run.js'
import { idUsedBefore } from './run-errors.js'
import { unbounded } from './run-log.js'
import type { ReadersReport } from './run-readers.js'
import { marginMs, type RunRecord, type RunRecords } from './run-records.js'
import type { HostedLog } from './run-writer.js'

/** How often readers' nodes are checked for silence, and abandoned records are deleted again, in milliseconds. */
const silenceMs = 2_000

/** How much longer than its record a log is kept, in milliseconds: a node that missed its end reads it by then. */
const laterMs = 20_000

/** A run whose handler runs on this node. */
interface Hosted extends Checked {
  readonly run: Run
  readonly lease: Lease
  readonly record: RunRecord
}

/** The place of a run on the bus. */
export interface Place {
  readonly record: RunRecord
  readonly log: HostedLog
}

/** Thrown if another node has started the run. */
export class StartedElsewhere extends Error {
  readonly record: RunRecord

  constructor(record: RunRecord) {
    super('Another node has started the run')
    this.record = record
  }
}

/** The runs of this node on a bus: their records, and proof that the node is there. */
export class HostedRuns {
  readonly #bus: Bus
  readonly #nodeId: string
  readonly #records: RunRecords
  readonly #lease: HostLease
  /** Those that go on, by id. */
  readonly #hosted = new Map<string, Hosted>()
  readonly #renewing: Timer
  readonly #listening: Timer

  constructor(bus: Bus, nodeId: string, records: RunRecords) {
    this.#bus = bus
    this.#nodeId = nodeId
    this.#records = records
    this.#lease = new HostLease(bus, nodeId, (lease) => this.#onLost(lease))
    this.#listening = setBackgroundInterval(() => {
      for (const { run } of this.#hosted.values()) run.readers.forgetSilent()
      this.#records.retry()
    }, silenceMs)
    this.#renewing = setBackgroundInterval(() => {
      for (const { record, run } of this.#hosted.values()) this.#renew(run.id, record)
    }, marginMs / 3)
  }

  /** The runs that go on, which are compared with their logs on the bus. */
  get running(): Iterable<Checked> {
    return this.#hosted.values()
  }

  /**
   * Claims the id of a run, and begins its log.
   *
   * @throws StartedElsewhere if another node has the id; TidingsError `conflict` if the id has been used before,
   * `unavailable` if the bus cannot be used
   */
  async claim(id: string, key: string, about: Omit<RunRecord, 'node' | 'lease' | 'epoch'>): Promise<Place> {
    const reading = ignorable(this.#bus.read(key, unbounded))
    const lease = await this.#lease.use()
    try {
      const { epoch, head } = await reading
      const record = { ...about, epoch, node: this.#nodeId, lease: lease.name }
      // A log with events is that of another run, whose record may be gone already.
      if (head > 0 || !(await this.#hold(id, record))) {
        const other = await this.#records.get(id)
        if (other) throw new StartedElsewhere(other)
        throw idUsedBefore()
      }
      this.#expireLog(key, record.keepMs + marginMs)
      return { record, log: { bus: this.#bus, key, epoch, lease } }
    } catch (error) {
      this.#lease.release(lease)
      throw error
    }
  }

  add(run: Run, { record, log }: Place): void {
    const { lease, key, epoch } = log
    const check = async () => {
      const page = await this.#bus.read(key, unbounded).catch(() => undefined)
      if (page && page.epoch !== epoch) run.interrupt()
    }
    this.#hosted.set(run.id, { run, lease, record, check })
    if (!lease.isHeld) run.interrupt()
  }

  /** Keeps a run that has ended. */
  onEnded(run: Run): void {
    const hosted = this.#hosted.get(run.id)
    if (!hosted) return
    const { record, lease } = hosted
    this.#hosted.delete(run.id)
    this.#lease.release(lease)
    this.#records.keep(run.id, record).catch(() => {})
    this.#expireLog(run.topic.key, record.keepMs + laterMs)
  }

  /** Discards a run that is no longer kept. */
  discard(run: Run): void {
    this.#records.forget(run.id).catch(() => {})
    this.#expireLog(run.topic.key, 1)
  }

  /** Called with what another node reports of its readers. */
  onReaders(node: string, reports: readonly ReadersReport[]): void {
    for (const report of reports) this.#hosted.get(report.run)?.run.readers.onReported(node, report)
  }

  /** Resolves when the bus has everything that the runs have emitted. */
  async flushed(): Promise<void> {
    await Promise.all([...this.#hosted.values()].map(({ run }) => run.flushed()))
  }

  async close(): Promise<void> {
    clearInterval(this.#renewing)
    clearInterval(this.#listening)
    await this.#lease.close()
  }

  /** Holds the id of a run that starts. The bus may have applied what it did not respond to. */
  async #hold(id: string, record: RunRecord): Promise<boolean> {
    try {
      return await this.#records.hold(id, record)
    } catch (error) {
      this.#records.abandon(id, record)
      throw error
    }
  }

  #renew(id: string, record: RunRecord): void {
    this.#records.hold(id, record).catch(() => {})
    this.#expireLog(this.#hosted.get(id)?.run.topic.key ?? '', record.keepMs + marginMs)
  }

  #expireLog(key: string, ms: number): void {
    // If it fails, the log expires at the time that was set before, or with its history.
    this.#bus.expire(key, ms).catch(() => {})
  }

  #onLost(lost: Lease): void {
    for (const { run, lease } of [...this.#hosted.values()]) if (lease === lost) run.interrupt()
  }
}

import type { RunSettings } from '../bind-handlers.js'
import type { BusCoordination } from '../bus/bus.js'

/** How long a record and the log of a run outlast its node, beyond the time that the run is kept, in milliseconds. */
export const marginMs = 60_000

/** The longest time that a bus stores anything, in milliseconds: 30 days. */
const maxMs = 2_592_000_000

/** What every node knows of a run. */
export interface RunRecord {
  /** The path of its stream. */
  readonly path: string
  /** The principal that started it. */
  readonly startedBy?: string | undefined
  /** A hash of its input. */
  readonly fingerprint: string
  /** The epoch of its log. */
  readonly epoch: string
  /** The node that runs its handler. */
  readonly node: string
  /** The name that this node holds while it does. See {@link HostLease}. */
  readonly lease: string
  /** Milliseconds the run stays readable after its end. */
  readonly keepMs: number
  /** How long its log may become, in characters. */
  readonly maxBytes: number
}

/** Returns the settings of a run as its record contains them: JSON has no Infinity. */
export function settingsInRecord({ keepMs, maxBytes }: RunSettings): Pick<RunRecord, 'keepMs' | 'maxBytes'> {
  return { keepMs: Math.min(keepMs, maxMs), maxBytes: Math.min(maxBytes, Number.MAX_SAFE_INTEGER) }
}

/** A record of a run that was not started. */
interface Abandoned {
  readonly record: RunRecord
  /** In milliseconds of a monotonic clock. */
  readonly expiresAt: number
  /** Set while the bus is asked to delete it. */
  deleting?: Promise<void> | undefined
}

/** The records of runs on a bus. */
export class RunRecords {
  readonly #bus: BusCoordination
  /** The records that are being deleted, by id. */
  readonly #abandoned = new Map<string, Abandoned>()

  constructor(bus: BusCoordination) {
    this.#bus = bus
  }

  /** @throws TidingsError `unavailable` if the bus cannot be read, or may have an abandoned record */
  async get(id: string): Promise<RunRecord | undefined> {
    await this.#delete(id)
    const text = await this.#bus.get(nameOf(id))
    return text === undefined ? undefined : (JSON.parse(text) as RunRecord)
  }

  /** Creates the record of a run that goes on, or renews it. Resolves with false if the id has another record. */
  async hold(id: string, record: RunRecord): Promise<boolean> {
    return this.#bus.acquire(nameOf(id), JSON.stringify(record), record.keepMs + marginMs)
  }

  /** Keeps the record of a run that has ended. */
  async keep(id: string, record: RunRecord): Promise<void> {
    await this.#bus.put(nameOf(id), JSON.stringify(record), record.keepMs)
  }

  async forget(id: string): Promise<void> {
    await this.#bus.forget(nameOf(id))
  }

  /**
   * Deletes the record of a run that was not started, unless the id has another record. The bus may have it although
   * {@link hold} rejected.
   */
  abandon(id: string, record: RunRecord): void {
    this.#abandoned.set(id, { record, expiresAt: performance.now() + record.keepMs + marginMs })
    this.#delete(id).catch(() => {})
  }

  /** Tries again to delete the records that were abandoned. */
  retry(): void {
    for (const [id, { expiresAt }] of this.#abandoned) {
      if (expiresAt < performance.now()) this.#abandoned.delete(id)
      else this.#delete(id).catch(() => {})
    }
  }

  /** Deletes an abandoned record. Calls share a deletion that is under way: a later one might delete a new record. */
  async #delete(id: string): Promise<void> {
    const abandoned = this.#abandoned.get(id)
    if (!abandoned) return
    abandoned.deleting ??= this.#bus
      .release(nameOf(id), JSON.stringify(abandoned.record))
      .then(() => {
        this.#abandoned.delete(id)
      })
      .finally(() => {
        abandoned.deleting = undefined
      })
    await abandoned.deleting
  }
}

function nameOf(id: string): string {
  return `run:${id}`
}

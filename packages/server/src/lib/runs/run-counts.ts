import { TidingsError } from '@tidings/core'
import { jittered } from '../jitter.js'
import type { TopicHolder } from '../log/topic-limits.js'
import type { RunLimits } from '../run-limits.js'

/** A run, as its limits see it. */
export interface LimitedRun {
  readonly starter: TopicHolder
  readonly hasEnded: boolean
}

/** The place of a run that is being started. */
interface Reservation {
  readonly starter: TopicHolder
  readonly hasEnded: false
}

/** Counts the runs of each client, and of all. */
export class RunCounts<Run extends LimitedRun> {
  readonly #limits: RunLimits
  readonly #retryMs: number
  readonly #drop: (run: Run) => void
  /** Oldest first. */
  readonly #all = new Set<Run | Reservation>()
  readonly #byAddress = new Map<string, Set<Run | Reservation>>()
  readonly #byPrincipal = new Map<string, Set<Run | Reservation>>()

  /** @param drop drops a run that is over, for another */
  constructor(limits: RunLimits, retryMs: number, drop: (run: Run) => void) {
    this.#limits = limits
    this.#retryMs = retryMs
    this.#drop = drop
  }

  /**
   * Makes room for a run of a client: at a limit, the oldest run that is over is dropped.
   *
   * @throws TidingsError `too_many_requests` at a limit of the client, `unavailable` at the total
   */
  makeRoom({ address, principal }: TopicHolder): void {
    const { runs, runsPerAddress, runsPerPrincipal } = this.#limits
    this.#makeRoomIn(setOf(this.#byPrincipal, principal), runsPerPrincipal, 'You have')
    this.#makeRoomIn(setOf(this.#byAddress, address), runsPerAddress, 'Clients from your address have')
    this.#makeRoomIn(this.#all, runs)
  }

  /**
   * Makes room for a run of a client, and counts it until it is added. Returns a function that gives the place back.
   *
   * @throws as {@link makeRoom} does
   */
  reserve(starter: TopicHolder): () => void {
    this.makeRoom(starter)
    const reservation: Reservation = { starter, hasEnded: false }
    this.add(reservation)
    return () => this.remove(reservation)
  }

  add(run: Run | Reservation): void {
    this.#all.add(run)
    addTo(this.#byPrincipal, run.starter.principal, run)
    addTo(this.#byAddress, run.starter.address, run)
  }

  remove(run: Run | Reservation): void {
    this.#all.delete(run)
    removeFrom(this.#byPrincipal, run.starter.principal, run)
    removeFrom(this.#byAddress, run.starter.address, run)
  }

  #makeRoomIn(runs: ReadonlySet<Run | Reservation> | undefined, limit: number, whose?: string): void {
    if (!runs || runs.size < limit) return
    for (const run of runs) {
      if (!run.hasEnded) continue
      this.#drop(run)
      return
    }
    const retryAfterMs = Math.ceil(jittered(this.#retryMs))
    if (whose === undefined) {
      const message = `The server has reached its limit of ${limit} runs. Try again later`
      throw new TidingsError({ code: 'unavailable', message, retryAfterMs })
    }
    const message = `${whose} ${runs.size} active runs, which is the limit. Cancel one, or try again later`
    throw new TidingsError({ code: 'too_many_requests', message, retryAfterMs })
  }
}

function setOf<Run>(sets: ReadonlyMap<string, Set<Run>>, key: string | undefined): Set<Run> | undefined {
  return key === undefined ? undefined : sets.get(key)
}

function addTo<Run>(sets: Map<string, Set<Run>>, key: string | undefined, run: Run): void {
  if (key === undefined) return
  const runs = sets.get(key) ?? new Set()
  sets.set(key, runs.add(run))
}

function removeFrom<Run>(sets: Map<string, Set<Run>>, key: string | undefined, run: Run): void {
  const runs = setOf(sets, key)
  runs?.delete(run)
  if (key !== undefined && runs?.size === 0) sets.delete(key)
}

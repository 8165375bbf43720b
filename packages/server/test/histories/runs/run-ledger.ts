import type { Cursor } from '@tidings/core/wire'
import { type Act, RunLife } from './run-life.js'

/** How long a node may take to report its readers to the node of a run, in milliseconds of a history's time. */
const reportMs = 2_000

/** What a history's server is set to. */
export interface RunBounds {
  readonly lingerMs: number
  readonly keepMs: number
  readonly maxBytes: number
}

/** One run by its id, over all its lives. */
export class RunRecord {
  readonly id: string
  readonly key: string
  readonly lives: RunLife[] = []
  /** Whether a start was answered that it has begun. */
  isConfirmed = false
  /** Whether it ended before its handler began: its node was gone, or closed. */
  endedBeforeHandler = false
  /** Whether the bus has lost all its data since the last life began, perhaps during a start. */
  mayBeLost = false
  /** Whether a reader has detached on purpose before the handler began. */
  wasDetached = false
  /** Whether every handler that begins is to return at once. */
  isFinishing = false
  /** How many requests to cancel it have no response yet. */
  cancels = 0
  /** What its handler is to do once it begins. */
  readonly pending: Act[] = []

  constructor(id: string) {
    this.id = id
    this.key = `count?$run=${id}`
  }

  get life(): RunLife | undefined {
    return this.lives.at(-1)
  }

  /** The lives that a log may be of: one, if any reader has seen its epoch before. */
  livesOf(epoch: string): readonly RunLife[] {
    const seen = this.lives.filter((life) => life.epoch === epoch)
    return seen.length > 0 ? seen : this.lives.filter((life) => life.epoch === undefined)
  }
}

/** What really happened to all runs, and what may therefore happen to their readers. */
export class RunLedger {
  readonly runs: readonly RunRecord[]
  readonly bounds: RunBounds
  /** Whether there are several nodes, whose logs are a bus'. */
  readonly isJoint: boolean
  /** Whether a node was closed, or its bus failed. */
  hasFailed = false
  /** The nodes that were closed, or cut off from the bus. */
  readonly #doomed = new Set<number>()
  /** What happened that must not. */
  failure: unknown
  /** Returns whether a reader certainly reads a run. */
  isAttended: (record: RunRecord) => boolean = () => false

  constructor(ids: readonly string[], bounds: RunBounds, isJoint: boolean) {
    this.runs = ids.map((id) => new RunRecord(id))
    this.bounds = bounds
    this.isJoint = isJoint
  }

  fail(what: string): void {
    this.failure ??= new Error(what)
  }

  /** The handler of a run begins. */
  begin(index: number, node: number, signal: AbortSignal): RunLife {
    const record = this.runs[index] as RunRecord
    const { life: before } = record
    if (before && !this.mayBeGone(record)) this.fail(`run ${index} began again`)
    const life = new RunLife(record.lives.length + 1, node, signal, record.pending.splice(0))
    life.isCancelled = record.cancels > 0
    life.isDoomed = record.mayBeLost || this.#doomed.has(node)
    life.isLost = record.mayBeLost || (life.isDoomed && !this.isJoint)
    record.mayBeLost = false
    life.wasDetached = record.wasDetached
    record.wasDetached = false
    if (record.isFinishing) life.add({ type: 'finish', how: 'output' })
    record.lives.push(life)
    signal.addEventListener('abort', () => this.#onSignal(index, record, life))
    return life
  }

  add(index: number, act: Act): void {
    const record = this.runs[index] as RunRecord
    if (record.life) record.life.add(act)
    else record.pending.push(act)
  }

  /** So much time passes. */
  passes(ms: number): void {
    for (const record of this.runs) {
      const { life } = record
      if (!life) continue
      life.attendedMs = this.isAttended(record) ? life.attendedMs + ms : 0
      life.unattendedMs = this.#isKnownAsAttended(life) ? 0 : life.unattendedMs + ms
    }
  }

  /** Forgets that a reader has detached from a run that another certainly reads, while nothing is on its way. */
  settles(record: RunRecord): void {
    if (record.life && this.isAttended(record)) record.life.wasDetached = false
  }

  /** A node is closed, or cut off from the bus. */
  dooms(node: number): void {
    this.hasFailed = true
    this.#doomed.add(node)
    for (const { lives } of this.runs) {
      for (const life of lives) {
        if (life.node !== node) continue
        life.isDoomed = true
        if (!this.isJoint) life.isLost = true
      }
    }
  }

  /** The bus loses all it has. */
  loses(): void {
    this.hasFailed = true
    for (const record of this.runs) {
      record.mayBeLost = true
      for (const life of record.lives) {
        life.isDoomed = true
        life.isLost = true
      }
    }
  }

  /** Whether the server may know nothing of a run. */
  mayBeGone({ life, isConfirmed, endedBeforeHandler, mayBeLost }: RunRecord): boolean {
    if (!life) return !isConfirmed || endedBeforeHandler || mayBeLost
    if (life.isLost) return true
    return life.overSince !== undefined && Date.now() - life.overSince >= this.bounds.keepMs
  }

  /** Whether a run may be gone and its log still be on the bus, so that no run can be started with its id. */
  mayBeUsed(record: RunRecord): boolean {
    return this.isJoint && record.life !== undefined && this.mayBeGone(record)
  }

  /** Whether the log of a life may have dropped events, or its run may have failed for its length. */
  mayOverflow(life: RunLife | undefined): boolean {
    return life !== undefined && life.bytes > this.bounds.maxBytes
  }

  emitRejected(life: RunLife, error: unknown): void {
    if (life.isDoomed || this.mayOverflow(life)) return
    this.fail(`an emit of a running run rejected: ${String(error)}`)
  }

  /** Whether a subscription that was asked for from a cursor may be refused. */
  mayRefuse(record: RunRecord, asked: Cursor | undefined, code: string): boolean {
    const { life, lives } = record
    const isForeign = asked !== undefined && asked.epoch !== life?.epoch
    if (code === 'not_found') return this.mayBeGone(record)
    if (code === 'conflict') return this.mayBeUsed(record)
    // A node may know an earlier life that was lost.
    if (code === 'interrupted')
      return (
        isForeign || record.endedBeforeHandler || record.mayBeLost || lives.some(({ isDoomed }) => isDoomed)
      )
    if (code === 'gone' && life?.isLost) return true
    if (code === 'gone' || code === 'too_large') return this.mayOverflow(life)
    return code === 'unavailable' && (this.hasFailed || this.isJoint)
  }

  /** Whether a life may end with an error. */
  mayFail(life: RunLife, code: string): boolean {
    if (code === 'cancelled') return life.signal.aborted || life.isDoomed
    if (code === 'stopped') return life.finished === 'error'
    if (code === 'internal') return life.finished === 'throw'
    if (code === 'too_large') return this.mayOverflow(life)
    if (code === 'unavailable' || code === 'interrupted') return life.isDoomed
    return false
  }

  /** Whether the run's node must know of its readers: other nodes have had the time to report them. */
  #isKnownAsAttended({ attendedMs }: RunLife): boolean {
    return attendedMs >= (this.isJoint ? reportMs : 1)
  }

  #onSignal(index: number, record: RunRecord, life: RunLife): void {
    if (life.isSettled) this.fail(`run ${index}: its signal fired after its handler was done`)
    if (life.isCancelled || life.isDoomed || this.mayOverflow(life)) return
    const why = `run ${index}: its signal fired (${String(life.signal.reason)})`
    const isAttended = this.isAttended(record) && this.#isKnownAsAttended(life)
    if (isAttended && !(this.isJoint && life.wasDetached)) this.fail(`${why} while it was read`)
    else if (this.bounds.lingerMs === Number.POSITIVE_INFINITY) this.fail(`${why}, though it waits for ever`)
    else if (!life.wasDetached && life.unattendedMs < this.bounds.lingerMs)
      this.fail(`${why} ${life.unattendedMs} ms after its last reader, and nobody detached`)
  }
}

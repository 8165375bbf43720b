import type { Stage } from '../history.js'
import { Intruder } from './intruder.js'
import { PlainRunReader } from './plain-run-reader.js'
import { Deadline, passTime, stopTime, turns } from './run-clock.js'
import { type RunHistory, type RunStep, runCount, runMs } from './run-history.js'
import type { RunJoint } from './run-joint.js'
import { RunLedger } from './run-ledger.js'
import { RunNodes } from './run-nodes.js'
import { asStarter, type RunReader } from './run-reader.js'
import { RunWitness } from './run-witness.js'
import { send } from './send.js'
import { SharedRunClient } from './shared-run-client.js'

/** Plays a history of runs on a node for each stage, with the time stopped. */
export class RunPlay {
  readonly #history: RunHistory
  readonly #joint: RunJoint | undefined
  readonly #ledger: RunLedger
  readonly #nodes: RunNodes
  readonly #readers: readonly RunReader[]
  readonly #clients: readonly SharedRunClient[]
  readonly #intruder: Intruder

  constructor(stages: readonly Stage[], history: RunHistory, joint?: RunJoint) {
    this.#history = history
    this.#joint = joint
    const lingerMs = history.lingersForever ? Number.POSITIVE_INFINITY : runMs.linger
    const bounds = { lingerMs, keepMs: runMs.keep, maxBytes: history.maxBytes }
    const ids = Array.from({ length: runCount }, (_, index) => `${'0123456789abcdef'.repeat(2)}-${index}`)
    this.#ledger = new RunLedger(ids, bounds, joint !== undefined)
    const witness = (name: string, index: number) =>
      new RunWitness(`${name} ${index}`, this.#ledger.runs[index] as RunLedger['runs'][number], this.#ledger)
    const all = Array.from({ length: runCount }, (_, index) => index)
    this.#clients = ['A', 'B'].map(
      (name) =>
        new SharedRunClient(
          all.map((index) => witness(name, index)),
          this.#ledger,
        ),
    )
    const plain = all.map((index) => new PlainRunReader(witness('plain', index), this.#ledger))
    this.#readers = [...this.#clients.flatMap(({ readers }) => readers), ...plain]
    this.#ledger.isAttended = (record) =>
      this.#readers.some((reader) => reader.witness.record === record && reader.isAttached)
    this.#intruder = new Intruder(this.#ledger)
    this.#nodes = new RunNodes(stages, this.#ledger, history.styles, joint)
  }

  /** @throws Error if anyone has seen what must not be, or does not reach the end */
  async play(): Promise<void> {
    try {
      for (const [step, turnsUntilNext] of this.#history.steps) {
        await this.#do(step)
        await turns(turnsUntilNext)
        this.#look()
      }
      await this.#end()
    } finally {
      for (const reader of this.#readers) reader.cutAfter(0)
      for (const { lives } of this.#ledger.runs) {
        for (const life of lives) life.add({ type: 'finish', how: 'output' })
      }
      await this.#nodes.close()
    }
  }

  #look(): void {
    const { failure, runs } = this.#ledger
    if (failure) throw failure
    for (const record of runs) {
      const isQuiet = this.#readers.every((reader) => reader.witness.record !== record || !reader.isChanging)
      if (isQuiet) this.#ledger.settles(record)
    }
  }

  async #do(step: RunStep): Promise<void> {
    const reader = 'who' in step ? (this.#readers[step.who] as RunReader) : undefined
    const port = this.#nodes.nextPort
    if (step.type === 'yield') {
      for (let n = 0; n < step.count; n += 1) this.#ledger.add(step.run, { type: 'yield', bytes: step.bytes })
    } else if (step.type === 'finish') this.#ledger.add(step.run, step)
    else if (step.type === 'start') reader?.start(port)
    else if (step.type === 'attach') reader?.attach(port, step.from)
    else if (step.type === 'detach') this.#detach(reader as RunReader)
    else if (step.type === 'hold') reader?.hold(port)
    else if (step.type === 'pause') reader?.pause()
    else if (step.type === 'resume') reader?.resume()
    else if (step.type === 'cut') reader?.cutAfter(step.after)
    else if (step.type === 'cancel') this.#cancel(step.run)
    else if (step.type === 'intrude') await this.#intruder.tries(port, step.run, step.by)
    else if (step.type === 'wait') await this.#wait(runMs[step.of] * step.part)
    else if (step.type === 'restart') this.#unsettle(this.#nodes.restart())
    else if (step.type === 'lose') this.#lose()
    else if (step.type === 'rejoin') this.#joint?.rejoin()
    else if (this.#joint) this.#unsettle(this.#nodes.isolate())
  }

  #detach(reader: RunReader): void {
    const { record } = reader.witness
    const detached = record.life ?? record
    if (reader.detach(this.#nodes.nextPort)) detached.wasDetached = true
  }

  #cancel(run: number): void {
    const record = this.#ledger.runs[run] as RunLedger['runs'][number]
    const { life } = record
    if (life) life.isCancelled = true
    record.cancels += 1
    const wasGone = this.#ledger.mayBeGone(record)
    void send(this.#nodes.nextPort, `/events/$runs/${record.id}`, undefined, asStarter).then((response) => {
      record.cancels -= 1
      if (!response || response.status === 204) return
      const { code } = response.body as { code: string }
      if (!(wasGone && code === 'not_found') && !this.#ledger.mayRefuse(record, undefined, code))
        this.#ledger.fail(`a cancel is refused with ${code}`)
    })
  }

  /** Cancels again the runs that have begun again: a node may know only an earlier life, which was lost. */
  #cancelAgain(): void {
    for (const [run, { life, lives, cancels }] of this.#ledger.runs.entries()) {
      if (!life?.isOver && lives.length > 1 && cancels === 0) this.#cancel(run)
    }
  }

  #wait(ms: number): Promise<void> {
    // Nodes have to hear of each other more often than their leases end.
    return passTime(ms, (now) => this.#ledger.passes(now), this.#joint ? 500 : 1_000)
  }

  #unsettle(port: number): void {
    for (const reader of this.#readers) reader.unsettle(port)
  }

  #lose(): void {
    if (!this.#joint) return
    this.#ledger.loses()
    for (const reader of this.#readers) reader.unsettle()
    this.#joint.lose()
  }

  async #end(): Promise<void> {
    this.#joint?.heal()
    for (const reader of this.#readers) {
      reader.settle()
      reader.resume()
    }
    await this.#begin()
    await this.#until('every request was answered', () => this.#readers.every(({ isWaiting }) => !isWaiting))
    const { ending } = this.#history
    if (ending === 'cancel') {
      for (let run = 0; run < runCount; run += 1) this.#cancel(run)
      await this.#until('every run was over that was cancelled', () => {
        this.#cancelAgain()
        return this.#areOver()
      })
    } else if (ending !== 'finish') await this.#leave(ending)
    this.#finish()
    await this.#reachTheEnd()
    await this.#wait(1.1 * runMs.keep)
    await this.#beForgotten()
  }

  /** Has every run begin that has not. */
  async #begin(): Promise<void> {
    await this.#until('every run had begun', () => {
      for (const reader of this.#readers) {
        const { life, endedBeforeHandler } = reader.witness.record
        if (!life && !endedBeforeHandler && !reader.isBusy) reader.start(this.#nodes.nextPort)
      }
      return this.#ledger.runs.every(({ life, endedBeforeHandler }) => life || endedBeforeHandler)
    })
  }

  #finish(): void {
    for (const record of this.#ledger.runs) {
      record.isFinishing = true
      record.life?.add({ type: 'finish', how: 'output' })
    }
  }

  #areOver(): boolean {
    return this.#ledger.runs.every(({ life, endedBeforeHandler }) => life?.isOver ?? endedBeforeHandler)
  }

  /** Has all readers leave, on purpose or not, and sees that no run goes on for nobody. */
  async #leave(how: 'detach' | 'abandon'): Promise<void> {
    const { lingerMs } = this.#ledger.bounds
    const isForever = lingerMs === Number.POSITIVE_INFINITY
    const leaving = () =>
      this.#readers.filter((reader) => how === 'abandon' || reader instanceof PlainRunReader)
    if (how === 'detach') {
      await this.#until(
        () => `the clients read every run: ${this.#readers.join('; ')}`,
        () => {
          for (const reader of this.#clients.flatMap(({ readers }) => readers)) this.#bringBack(reader)
          return this.#clients.every(({ readers }) =>
            readers.every((reader) => reader.isAttached || isDone(reader)),
          )
        },
      )
    }
    for (const reader of leaving()) reader.abandon()
    await turns(20)
    if (isForever) return
    if (how === 'abandon') {
      await this.#until('every run that nobody reads was over', () => this.#areOver(), lingerMs / 10)
      return
    }
    await this.#wait(1.1 * lingerMs)
    // At once: little time passes, in which nodes tell each other.
    const ms = this.#joint ? 5 : 0
    await this.#until(
      'the clients had left every run',
      () => {
        const reading = this.#readers.filter(({ isAttached }) => isAttached)
        // A request that a newer one has overtaken has done nothing.
        for (const reader of reading) this.#detach(reader)
        return reading.length === 0 && this.#readers.every(({ isWaiting }) => !isWaiting)
      },
      ms,
    )
    await this.#wait(1)
    await this.#until('every run was over that its last reader has left', () => this.#areOver(), ms)
  }

  /** Has all readers come back, until each has read to the end of its run. */
  async #reachTheEnd(): Promise<void> {
    for (const reader of this.#readers) reader.witness.isGivenUp = false
    const missing = () => this.#readers.filter((reader) => !isDone(reader)).join(', ')
    await this.#until(
      () => `everybody reached the end: ${missing()}`,
      () => {
        for (const reader of this.#readers) this.#bringBack(reader)
        return this.#readers.every(isDone)
      },
    )
    await turns(3)
    this.#look()
  }

  #bringBack(reader: RunReader): void {
    if (isDone(reader) || reader.isBusy) return
    reader.cutAfter(Number.POSITIVE_INFINITY)
    reader.attach(this.#nodes.nextPort, 'last')
    reader.resume()
  }

  /** Sees that the server keeps nothing of runs that have been over for long. */
  async #beForgotten(): Promise<void> {
    await this.#until(
      () => `all runs were forgotten: ${JSON.stringify(this.#nodes.stats)}`,
      () => this.#nodes.stats.every(({ runs }) => runs === 0),
    )
  }

  /** @param ms how much time passes between two looks */
  async #until(what: string | (() => string), isSo: () => boolean, ms = this.#joint ? 5 : 0): Promise<void> {
    const deadline = new Deadline(3_000, 1_500)
    while (!isSo()) {
      if (deadline.isOver()) throw new Error(`never ${typeof what === 'string' ? what : what()}`)
      await turns(1)
      if (ms > 0) await this.#wait(ms)
      this.#look()
    }
  }
}

function isDone({ witness }: RunReader): boolean {
  return witness.hasEnded || witness.isGivenUp
}

/** @throws Error if anyone has seen what must not be, or does not reach the end */
export async function playRuns(
  stages: readonly Stage[],
  history: RunHistory,
  joint?: RunJoint,
): Promise<void> {
  stopTime()
  const play = new RunPlay(stages, history, joint)
  await play.play()
}

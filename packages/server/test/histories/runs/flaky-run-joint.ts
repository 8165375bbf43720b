import { TidingsError } from '@tidings/core'
import { type Bus, type BusUpdate, memoryBus } from '../../../src/index.js'
import { turns } from './run-clock.js'
import type { RunJoint } from './run-joint.js'

/** Something that a member listens to, in whatever memory there is. */
interface Listening {
  begin(bus: Bus): Promise<() => void>
  stop: () => void
}

/** What all members share. */
interface Shared {
  memory: Bus
  /** A number from 0 to 1, another each time. */
  chance: () => number
}

/**
 * Members of a bus whose updates are lost, come twice, late and out of order, which cannot always be read, and which can
 * be cut off one by one.
 */
export class FlakyRunJoint implements RunJoint {
  readonly #shared: Shared
  /** By node. */
  readonly #members = new Map<number, FlakyRunMember>()
  readonly #all = new Set<FlakyRunMember>()

  constructor(chance: () => number) {
    this.#shared = { memory: memoryBus(), chance }
  }

  connect(node: number): Bus {
    const member = new FlakyRunMember(this.#shared)
    this.#members.set(node, member)
    this.#all.add(member)
    return member
  }

  isolate(node: number): void {
    this.#members.get(node)?.isolate()
  }

  rejoin(): void {
    for (const member of this.#all) member.rejoin()
  }

  lose(): void {
    this.#shared.memory = memoryBus()
    for (const member of this.#all) member.listenAgain()
  }

  heal(): void {
    this.#shared.chance = () => 0.99
    this.rejoin()
  }
}

/** One member of a {@link FlakyRunJoint}. */
export class FlakyRunMember implements Bus {
  readonly keepAliveMs = 1_000_000
  readonly #shared: Shared
  readonly #listening = new Set<Listening>()
  readonly #onPossibleLoss = new Set<() => void>()
  /** What arrives at the bus once the node is not cut off any more. */
  #late: (() => void)[] = []
  #isIsolated = false

  constructor(shared: Shared) {
    this.#shared = shared
  }

  isolate(): void {
    this.#isIsolated = true
  }

  rejoin(): void {
    if (!this.#isIsolated) return
    this.#isIsolated = false
    for (const act of this.#late.splice(0)) act()
    for (const listener of this.#onPossibleLoss) listener()
  }

  listenAgain(): void {
    for (const listening of this.#listening) void this.#listenTo(this.#shared.memory, listening)
  }

  async append(...args: Parameters<Bus['append']>): Promise<void> {
    const { memory } = this.#shared
    if (this.#isIsolated && this.#chance() < 0.5) this.#late.push(() => void memory.append(...args))
    await (await this.#reach()).append(...args)
  }

  async read(...args: Parameters<Bus['read']>): ReturnType<Bus['read']> {
    if (this.#chance() < 0.1) throw unreachable()
    await this.#delay(0.3)
    const page = await (await this.#reach()).read(...args)
    await this.#delay(0.3)
    // A page may be shorter than it could be.
    return this.#chance() < 0.3 ? { ...page, events: page.events.slice(0, 2) } : page
  }

  async expire(...args: Parameters<Bus['expire']>): Promise<void> {
    await (await this.#reach()).expire(...args)
  }

  async extend(...args: Parameters<Bus['extend']>): ReturnType<Bus['extend']> {
    const { memory } = this.#shared
    if (this.#isIsolated && this.#chance() < 0.5) this.#late.push(() => void memory.extend(...args))
    return (await this.#reach()).extend(...args)
  }

  async drop(...args: Parameters<Bus['drop']>): Promise<void> {
    await (await this.#reach()).drop(...args)
  }

  listen(topic: string, listener: (update: BusUpdate) => void): Promise<() => void> {
    const unreliable = (update: BusUpdate) => {
      if (this.#isIsolated) return
      const fate = this.#chance()
      if (fate < 0.1) return
      if (fate < 0.2) listener(update)
      if (fate < 0.5) void this.#delay(1).then(() => listener(update))
      else listener(update)
    }
    return this.#listen((bus) => bus.listen(topic, unreliable))
  }

  onPossibleLoss(listener: () => void): () => void {
    this.#onPossibleLoss.add(listener)
    return () => this.#onPossibleLoss.delete(listener)
  }

  async send(name: string, message: string): Promise<number> {
    return (await this.#reach()).send(name, message)
  }

  receive(name: string, listener: (message: string) => void): Promise<() => void> {
    return this.#listen((bus) =>
      bus.receive(name, (message) => {
        if (this.#isIsolated) return
        if (this.#chance() < 0.3) void this.#delay(1).then(() => listener(message))
        else listener(message)
      }),
    )
  }

  async acquire(...args: Parameters<Bus['acquire']>): Promise<boolean> {
    return (await this.#reach()).acquire(...args)
  }

  async release(...args: Parameters<Bus['release']>): Promise<void> {
    await (await this.#reach()).release(...args)
  }

  async put(...args: Parameters<Bus['put']>): Promise<void> {
    await (await this.#reach()).put(...args)
  }

  async get(name: string): Promise<string | undefined> {
    return (await this.#reach()).get(name)
  }

  async forget(name: string): Promise<void> {
    await (await this.#reach()).forget(name)
  }

  async count(...args: Parameters<Bus['count']>): Promise<boolean> {
    return (await this.#reach()).count(...args)
  }

  async takeToken(...args: Parameters<Bus['takeToken']>): Promise<number> {
    return (await this.#reach()).takeToken(...args)
  }

  async ping(): Promise<void> {
    await this.#reach()
  }

  async close(): Promise<void> {
    for (const { stop } of this.#listening) stop()
    this.#listening.clear()
    this.#late = []
  }

  #chance(): number {
    return this.#shared.chance()
  }

  /** Resolves with the memory. */
  async #reach(): Promise<Bus> {
    if (this.#isIsolated) throw unreachable()
    return this.#shared.memory
  }

  async #listen(begin: Listening['begin']): Promise<() => void> {
    const memory = await this.#reach()
    const listening: Listening = { begin, stop: await begin(memory) }
    this.#listening.add(listening)
    // All may have been lost meanwhile.
    if (this.#shared.memory !== memory) void this.#listenTo(this.#shared.memory, listening)
    return () => {
      listening.stop()
      this.#listening.delete(listening)
    }
  }

  async #listenTo(memory: Bus, listening: Listening): Promise<void> {
    listening.stop()
    listening.stop = await listening.begin(memory)
  }

  async #delay(likelihood: number): Promise<void> {
    if (this.#chance() < likelihood) await turns(Math.floor((1 - this.#chance()) * 6))
  }
}

function unreachable(): TidingsError {
  return new TidingsError({ code: 'unavailable', message: 'Flaky' })
}

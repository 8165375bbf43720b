import { isTidingsError } from '@tidings/core'
import type { Client, RunOf } from '../../src/index.js'
import type { chaosContract } from './contract.js'

type ChaosClient = Client<typeof chaosContract>
type CountRun = RunOf<typeof chaosContract.count>

/** How far a reader has read a run, and what ended its reading: the output, an error's code, or itself. */
interface Reading {
  readonly who: string
  readonly events: number
  readonly end: string
}

/** What may have happened to a run, besides what its readers did. */
export interface Harm {
  /** Whether its node, or the bus for its node, may have failed. */
  readonly mayInterrupt: boolean
  /** Whether the bus may have lost its log. */
  readonly mayForget: boolean
}

const length = 40

/** What readers of a run do. */
const habits = ['read', 'read', 'follow', 'return', 'cancel', 'leave'] as const

/** Runs that clients start and read, one after another, while the service is harmed. */
export class ChaosRuns {
  readonly faults: string[] = []
  /** How many runs ended in which way. */
  readonly ends: Record<string, number> = {}
  readonly #clients: readonly ChaosClient[]
  readonly #random: () => number
  readonly #harmOf: (name: string, since: number) => Harm
  readonly #drivers: readonly Promise<void>[]
  #isOver = false

  /**
   * @param count how many clients start runs, each of them read by the next client as well
   * @param harmOf what may have happened to a run that began at a time
   */
  constructor(
    clients: readonly ChaosClient[],
    count: number,
    random: () => number,
    harmOf: (name: string, since: number) => Harm,
  ) {
    this.#clients = clients
    this.#random = random
    this.#harmOf = harmOf
    this.#drivers = clients.slice(0, count).map((_, index) => this.#drive(index))
  }

  /** Lets those that go on come to their ends. */
  async finish(): Promise<void> {
    this.#isOver = true
    await Promise.all(this.#drivers)
  }

  async #drive(index: number): Promise<void> {
    for (let round = 1; !this.#isOver; round += 1) await this.#one(`run ${index}.${round}`, index)
  }

  async #one(name: string, index: number): Promise<void> {
    const [client, other] = [0, 1].map((shift) => this.#clients[(index + shift) % this.#clients.length])
    if (!client || !other) return
    const since = performance.now()
    const habit = habits[Math.floor(this.#random() * habits.length)] ?? 'read'
    const leaves = habit === 'return' || habit === 'leave'
    const most = leaves ? Math.ceil(this.#random() * length * 0.8) : Number.POSITIVE_INFINITY
    const run = client.count({ name, length })
    let following: Promise<Reading> | undefined
    const readings = [
      await this.#read('starter', run, most, () => {
        // From here on the run is there.
        if (habit === 'follow' || habit === 'return')
          following = this.#read('follower', other.count.attach(run.id))
        if (habit === 'cancel') void run.cancel().catch(() => {})
      }),
    ]
    if (readings[0]?.end === 'left') readings.push(await this.#read('returner', client.count.attach(run.id)))
    if (following) readings.push(await following)
    this.#judge(name, habit, readings, this.#harmOf(name, since))
  }

  /** @param onFirst called when the first event has come */
  async #read(
    who: string,
    run: CountRun,
    most = Number.POSITIVE_INFINITY,
    onFirst = () => {},
  ): Promise<Reading> {
    let events = 0
    try {
      for await (const { data } of run) {
        events += 1
        if (data.n !== events) throw new Error(`${data.n} came where ${events} was next`)
        if (events === 1) onFirst()
        if (events >= most) return { who, events, end: 'left' }
      }
      const { count } = await run.output
      return { who, events, end: count === events ? 'output' : `the output ${count}` }
    } catch (error) {
      return { who, events, end: isTidingsError(error) ? error.code : String(error) }
    }
  }

  #judge(name: string, habit: string, readings: readonly Reading[], { mayInterrupt, mayForget }: Harm): void {
    for (const { who, events, end } of readings) {
      this.ends[end] = (this.ends[end] ?? 0) + 1
      const isDue =
        end === 'left' ||
        (end === 'output' && events === length) ||
        (end === 'cancelled' && habit !== 'read' && habit !== 'follow') ||
        (end === 'interrupted' && mayInterrupt) ||
        // A start may have failed on each attempt, and a run may never have begun.
        (['network', 'timeout', 'unavailable'].includes(end) && events === 0 && who === 'starter') ||
        (['not_found', 'gone'].includes(end) && mayForget)
      if (!isDue) this.faults.push(`${name} (${habit}): the ${who} read ${events}, and then ${end}`)
    }
    const lasts = new Set(
      readings.filter(({ end }) => end !== 'left').map(({ end, events }) => `${end} ${events}`),
    )
    if (lasts.size > 1 && !mayForget)
      this.faults.push(`${name} (${habit}) ended as ${[...lasts].join(' and ')}`)
  }
}

/** Runs one subject in a process of its own: `node serve.js <subject>`. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { serveParent } from './lib/child.js'
import type { ClientScript } from './lib/client-script.js'
import { makeEvent } from './lib/feed-event.js'
import { Pacer } from './lib/pacer.js'
import type { StartSubject, Subject } from './lib/subject.js'

/** The address of a subject and its pacer. */
export interface Address {
  readonly port: number
  readonly client: ClientScript
  readonly pacerPort: number
}

export interface Emission {
  /** The number of events that are emitted in one turn of the event loop. */
  readonly burst: number
  /** The most emitted events that some connection may not have received yet. */
  readonly window: number
  /** The number of events that the load generator confirms at once. */
  readonly confirmEvery: number
  readonly atLeastBursts: number
  readonly atLeastMs: number
  readonly atMostEvents: number
}

export interface Emitted {
  readonly events: number
  readonly elapsedMs: number
  /** The CPU time of the process meanwhile, in microseconds. */
  readonly cpu: { readonly user: number; readonly system: number }
  /** Whether every event was confirmed. */
  readonly isComplete: boolean
}

export interface Memory {
  readonly rss: number
  readonly heapUsed: number
  readonly external: number
}

export type ServeCommands = {
  start(): Promise<Address>
  awaitSubscribers(count: number): Promise<void>
  emit(emission: Emission): Promise<Emitted>
  /** Measures memory after garbage collection. */
  memory(): Promise<Memory>
}

const [, , subjectName] = process.argv
const pacer = new Pacer()
let subject: Subject
let seq = 0

serveParent({
  async start() {
    const module = new URL(`../subjects/${subjectName}.js`, import.meta.url)
    const { start } = (await import(module.href)) as { start: StartSubject }
    subject = await start()
    return { port: subject.port, client: subject.client, pacerPort: await pacer.listen() }
  },

  async awaitSubscribers(count) {
    const deadline = performance.now() + 60_000
    while (subject.subscribers() !== count) {
      if (performance.now() > deadline) {
        throw new Error(`${subjectName} has ${subject.subscribers()} subscribers instead of ${count}`)
      }
      await sleep(20)
    }
  },

  async emit({ burst, window, confirmEvery, atLeastBursts, atLeastMs, atMostEvents }) {
    const confirmedBefore = pacer.batches
    let events = 0
    let isComplete = true
    const arrived = async (count: number) => {
      const batches = Math.ceil(count / confirmEvery)
      if (!(await pacer.reached(confirmedBefore + batches))) isComplete = false
    }
    const cpuBefore = process.cpuUsage()
    const startedAt = performance.now()
    for (;;) {
      const isEnough = events >= atLeastBursts * burst && performance.now() - startedAt >= atLeastMs
      if (events % confirmEvery === 0 && (isEnough || events >= atMostEvents || !isComplete)) break
      await arrived(events + burst - window)
      for (let each = 0; each < burst; each += 1) {
        seq += 1
        subject.emit(makeEvent(seq))
      }
      events += burst
      await nextTurn()
    }
    await arrived(events)
    return {
      events,
      elapsedMs: performance.now() - startedAt,
      cpu: process.cpuUsage(cpuBefore),
      isComplete,
    }
  },

  async memory() {
    for (let round = 0; round < 4; round += 1) {
      globalThis.gc?.()
      await sleep(300)
    }
    const { rss, heapUsed, external } = process.memoryUsage()
    return { rss, heapUsed, external }
  },
} satisfies ServeCommands)

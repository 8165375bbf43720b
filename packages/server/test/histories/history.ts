import { createServer as createHttp, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { channel, defineContract } from '@tidings/core'
import { listenOnFreePort } from '@tidings/test-kit'
import * as fc from 'fast-check'
import * as z from 'zod'
import { type Bus, createServer } from '../../src/index.js'
import { nodeHandler } from '../../src/node.js'
import { Ledger, type TopicKind } from './ledger.js'
import { RawReader } from './raw-reader.js'
import { Witness } from './witness.js'

const item = z.object({ n: z.number().int(), padding: z.string() })
const contract = defineContract({
  plain: channel({ events: { item } }),
  stateful: channel({ snapshot: z.object({ upTo: z.number().int() }), events: { item } }),
  latest: channel({ events: { item, other: item } }),
})

const kinds = ['plain', 'stateful', 'latest'] as const
const subscribers = 4

/** Something that happens. */
type Step =
  | { readonly type: 'emit'; readonly kind: TopicKind; readonly count: number; readonly bytes: number }
  | { readonly type: 'connect'; readonly who: number; readonly by: 'header' | 'query' }
  | { readonly type: 'connect from'; readonly who: number; readonly cursor: string }
  | { readonly type: 'cut'; readonly who: number; readonly after: number }
  | { readonly type: 'pause' | 'resume'; readonly who: number }
  /** Somebody stops reading, and is sent more than all the buffers on the way hold. */
  | { readonly type: 'flood'; readonly who: number }
  | { readonly type: 'restart' }
  /** The bus loses all it has. */
  | { readonly type: 'lose' }

/** All that makes a history, so that it can be run again. */
export interface History {
  readonly size: number
  readonly topics: readonly TopicKind[]
  /** How many turns of the event loop a snapshot takes to look, and then to answer. */
  readonly loads: readonly (readonly [number, number])[]
  /** What happens, and how many turns of the event loop there are until the next. */
  readonly steps: readonly (readonly [Step, number])[]
}

const who = fc.nat(subscribers - 1)
const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 60,
    arbitrary: fc.record({
      type: fc.constant('emit' as const),
      kind: fc.constantFrom(...kinds),
      count: fc.oneof(
        { weight: 5, arbitrary: fc.integer({ min: 1, max: 12 }) },
        fc.integer({ min: 1, max: 300 }),
      ),
      bytes: fc.oneof({ weight: 5, arbitrary: fc.nat(50) }, fc.nat(5_000)),
    }),
  },
  {
    weight: 50,
    arbitrary: fc.record({
      type: fc.constant('connect' as const),
      who,
      by: fc.constantFrom('header' as const, 'query' as const),
    }),
  },
  {
    weight: 10,
    arbitrary: fc.record({
      type: fc.constant('connect from' as const),
      who,
      cursor: fc.constantFrom('yesterday', 'elsewhere.3', 'elsewhere.1e9', '.', 'future'),
    }),
  },
  {
    weight: 40,
    arbitrary: fc.record({
      type: fc.constant('cut' as const),
      who,
      after: fc.oneof(fc.constant(0), fc.nat(400), fc.nat(20_000)),
    }),
  },
  { weight: 10, arbitrary: fc.record({ type: fc.constantFrom('pause' as const, 'resume' as const), who }) },
  { weight: 10, arbitrary: fc.constant({ type: 'restart' as const }) },
  { weight: 2, arbitrary: fc.record({ type: fc.constant('flood' as const), who }) },
  { weight: 4, arbitrary: fc.constant({ type: 'lose' as const }) },
)

// A request takes a few turns to be answered.
const turnsBetween = fc.oneof(fc.constant(0), fc.nat(3), fc.integer({ min: 6, max: 12 }))

export const history: fc.Arbitrary<History> = fc.record({
  size: fc.oneof(fc.nat(20), fc.constant(256)),
  topics: fc.array(fc.constantFrom(...kinds), { minLength: subscribers, maxLength: subscribers }),
  loads: fc.array(fc.tuple(fc.nat(4), fc.nat(4)), { minLength: 1, maxLength: 4 }),
  steps: fc.array(fc.tuple(step, turnsBetween), { minLength: 1, maxLength: 40, size: 'max' }),
})

/** What joins the nodes of a service, where there are several. */
export interface Joint {
  /** A member of the bus, for one node. */
  connect(): Bus
  /** Loses all that was kept. */
  lose(): void
  /** Works as it should from now on. */
  heal(): void
}

/** An HTTP server whose handler changes with each history, so that no history pays for it. */
export class Stage {
  readonly #server: Server
  handler: RequestListener = (_request, response) => response.destroy()

  constructor() {
    this.#server = createHttp((request, response) => this.handler(request, response))
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  async open(): Promise<void> {
    await listenOnFreePort(this.#server)
  }

  close(): void {
    this.#server.closeAllConnections()
    this.#server.close()
  }
}

/** One subscriber: what it has seen, and its connection if it has one. */
class Subscriber {
  readonly witness: Witness
  reader: RawReader | undefined
  /** What it saw that must not be. */
  failure: unknown

  constructor(kind: TopicKind, ledger: Ledger) {
    this.witness = new Witness(kind, ledger)
  }

  connect(port: number, resumedWith: string | undefined, by: 'header' | 'query'): void {
    if (this.reader) return
    this.witness.connects(resumedWith)
    const query = resumedWith && by === 'query' ? `?lastEventId=${encodeURIComponent(resumedWith)}` : ''
    const headers = resumedWith && by === 'header' ? `Last-Event-ID: ${resumedWith}\r\n` : ''
    const fail = (error: unknown) => {
      this.failure ??= error
    }
    this.reader = new RawReader(
      port,
      { path: `/events/${this.witness.kind}${query}`, headers },
      {
        event: (event) => {
          try {
            this.witness.event(event)
          } catch (error) {
            fail(error)
          }
        },
        closed: () => {
          this.reader = undefined
        },
        broken: fail,
      },
    )
  }
}

const flood = { count: 60, bytes: 100_000 }

/** About how many bytes a step emits. */
function lengthOf(each: Step): number {
  if (each.type === 'flood') return flood.count * flood.bytes
  return each.type === 'emit' ? each.count * (each.bytes + 120) : 0
}

const turns = async (count: number) => {
  for (let n = 0; n < count; n += 1) await new Promise((resolve) => setImmediate(resolve))
}

/**
 * Lets a history happen, and then has everyone come back and read to the end.
 *
 * With a joint, there is a node on each stage: everyone comes back to another, and events are emitted by all.
 *
 * @throws Error if anyone has seen what must not be, or does not reach the end
 */
export async function run(
  stages: readonly Stage[],
  { size, topics, loads, steps }: History,
  joint?: Joint,
): Promise<void> {
  const emitted = steps.reduce((sum, [each]) => sum + lengthOf(each), 0)
  // Less than what a socket takes without saying that it is full: nobody can be overtaken.
  const ledger = new Ledger(size, emitted > 15_000, joint !== undefined)
  const all = topics.map((kind) => new Subscriber(kind, ledger))
  let loadCount = 0
  const start = (stage: Stage) => {
    const tidings = createServer(
      contract,
      { history: { size }, ...(joint && { bus: joint.connect() }) },
      {
        latest: { delivery: 'latest' },
        stateful: {
          snapshot: async () => {
            const [before, after] = loads[loadCount % loads.length] ?? [0, 0]
            loadCount += 1
            await turns(before)
            const upTo = ledger.emitted.stateful
            await turns(after)
            return { upTo }
          },
        },
      },
    )
    stage.handler = nodeHandler(tidings)
    return tidings
  }
  const nodes = stages.map(start)
  let turnOf = 0
  /** Everyone in turn. */
  const next = <Of>(list: readonly Of[]): Of => {
    turnOf += 1
    return list[turnOf % list.length] as Of
  }

  const emit = (kind: TopicKind, bytes: number) => {
    ledger.emitted[kind] += 1
    const n = ledger.emitted[kind]
    const payload = { n, padding: 'x'.repeat(bytes) }
    const { emit: toAll } = next(nodes)
    if (kind === 'latest') void toAll.latest()[n % 2 ? 'item' : 'other'](payload)
    else void toAll[kind]().item(payload)
  }
  const look = () => {
    for (const { failure } of all) if (failure) throw failure
  }

  try {
    for (const one of all) one.connect(next(stages).port, undefined, 'header')
    for (const [each, turnsUntilNext] of steps) {
      if (each.type === 'emit') {
        for (let n = 0; n < each.count; n += 1) emit(each.kind, each.bytes)
      } else if (each.type === 'restart') {
        const node = turnOf % nodes.length
        // It waits a second for those who do not read.
        void nodes[node]?.close({ drainMs: 0 })
        if (!joint) ledger.restarted()
        nodes[node] = start(stages[node] as Stage)
      } else if (each.type === 'lose') {
        if (joint) ledger.restarted()
        joint?.lose()
      } else {
        const one = all[each.who] as Subscriber
        const { witness } = one
        if (each.type === 'connect') one.connect(next(stages).port, witness.lastId, each.by)
        else if (each.type === 'connect from')
          one.connect(next(stages).port, strange(each.cursor, witness.lastId), 'header')
        else if (each.type === 'cut') one.reader?.cutAfter(each.after)
        else if (each.type === 'pause') one.reader?.pause()
        else if (each.type === 'resume') one.reader?.resume()
        else {
          one.reader?.pause()
          for (let n = 0; n < flood.count; n += 1) {
            emit(witness.kind, flood.bytes)
            await turns(1)
          }
        }
      }
      await turns(turnsUntilNext)
      look()
    }
    await reachTheEnd()
  } finally {
    for (const { reader } of all) reader?.cutAfter(0)
    await Promise.all(nodes.map((node) => node.close({ drainMs: 0 })))
  }

  async function reachTheEnd(): Promise<void> {
    const deadline = performance.now() + 20_000
    let markedAt = 0
    joint?.heal()
    for (const { reader } of all) reader?.cutAfter(Number.POSITIVE_INFINITY)
    for (
      let turn = 0;
      !all.every(({ witness }) => witness.last === ledger.emitted[witness.kind]);
      turn += 1
    ) {
      for (const one of all) {
        one.connect(next(stages).port, one.witness.lastId, 'header')
        one.reader?.resume()
      }
      // A marker once everyone is there, and again for those whom it overtook because they were still busy.
      const isEveryoneThere = all.every(({ reader, witness }) => reader && witness.isAtWork)
      const isTime = joint ? performance.now() - markedAt > 50 : turn % 20 === 0
      if (isEveryoneThere && isTime) {
        markedAt = performance.now()
        for (const kind of kinds) emit(kind, 0)
      }
      look()
      if (performance.now() > deadline) throw new Error('somebody never reached the end')
      await turns(1)
    }
    await turns(2)
    look()
  }
}

/** A cursor that no server can go on from. */
function strange(cursor: string, lastId: string | undefined): string {
  if (cursor !== 'future') return cursor
  return lastId ? lastId.replace(/\d+$/, (seq) => String(Number(seq) + 1_000_000)) : 'yesterday'
}

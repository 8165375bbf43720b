import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { listen, pause, seeded, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../src/index.js'
import { countingContract as contract } from './counting-contract.js'
import { type Harm, hostileProxy, type Plan } from './hostile-proxy.js'
import { Witness } from './witness.js'

const cutsWanted = Number(process.env['TIDINGS_CUTS'] ?? 300)

it.each([
  ['with sufficient history, no subscriber misses an event', 100_000],
  ['with little history, each subscriber that misses an event is notified of a gap', 3],
])(
  'behind a network that cuts, stalls, ends, delays and responds itself: %s',
  async (_what, size) => {
    const values = new Map<string, number>()
    const tidings = createServer(
      contract,
      { heartbeatMs: 40, retryMs: 1, history: { size } },
      { state: { snapshot: ({ params }) => values.get(params.name) ?? 0 } },
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const { port } = await listen(nodeHandler(tidings, { path: '/events' }))
    const random = seeded(size)
    let isHarmless = false
    const harms: Harm[] = ['cut', 'cut', 'cut', 'cut', 'end', 'end', 'stall', 'refuse', 'html', 'delay']
    const plan = (): Plan => {
      const harm = isHarmless ? 'none' : (harms[Math.floor(random() * harms.length)] as Harm)
      return { harm, afterBytes: Math.ceil(random() ** 2 * 6_000) }
    }
    const proxy = await hostileProxy(port, plan)
    const client = createClient(contract, {
      url: `${proxy.origin}/events`,
      reconnect: { minMs: 1, maxMs: 10 },
      timeoutMs: 150,
    })
    onTestFinished(() => client.close())

    const names = ['a', 'b', 'c', 'd']
    const witnesses = names.flatMap((name) => {
      const [counted, state] = [new Witness(`counted ${name}`), new Witness(`state ${name}`)]
      client.counted({ name }).subscribe({
        n: (n) => counted.event(n),
        gap: () => counted.gap(),
      })
      client.state({ name }).subscribe({
        n: (n) => state.event(n),
        snapshot: (n) => state.snapshot(n),
        gap: () => state.gap(),
      })
      return [counted, state]
    })
    const harmed = () =>
      proxy.done.cut + proxy.done.end + proxy.done.stall + proxy.done.html + proxy.done.refuse
    let emitted = 0
    const emit = () => {
      emitted += 1
      for (const name of names) {
        values.set(name, emitted)
        void tidings.emit.counted({ name }).n(emitted)
        void tidings.emit.state({ name }).n(emitted)
      }
    }
    const emitting = setInterval(emit, 2)
    onTestFinished(() => clearInterval(emitting))
    const deadline = Date.now() + cutsWanted * 200
    while (harmed() < cutsWanted && Date.now() < deadline) await pause(10)
    clearInterval(emitting)
    isHarmless = true
    // What was missed last may be a gap with nothing after it, or be in a snapshot alone.
    const ending = setInterval(emit, 100)
    onTestFinished(() => clearInterval(ending))
    await until(() => witnesses.every(({ last }) => last === emitted), 'everyone had come to the end')

    expect(witnesses.flatMap(({ faults }) => faults)).toEqual([])
    expect(harmed()).toBeGreaterThanOrEqual(cutsWanted)
    for (const harm of ['cut', 'end', 'stall', 'refuse', 'html'] as const)
      expect(proxy.done[harm]).toBeGreaterThan(0)
    const gaps = witnesses.reduce((sum, witness) => sum + witness.gaps, 0)
    if (size > 1_000) expect(gaps).toBe(0)
    else expect(gaps).toBeGreaterThan(0)
  },
  cutsWanted * 300 + 30_000,
)

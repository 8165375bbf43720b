import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { listen, pause, seeded, until } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { createClient } from '../src/index.js'
import { countingContract as contract } from './counting-contract.js'
import { hostileProxy, type Plan } from './hostile-proxy.js'
import { fakeLocks } from './locks.js'
import { Witness } from './witness.js'

const isElection = (lock: string) => !lock.includes(' tab ')

const roundsWanted = Number(process.env['TIDINGS_ROUNDS'] ?? 300)

/** Tabs, as far as sharing goes: clients of one process, with locks of the test's own and real channels between them. */
it.each([1, 2, 3])(
  'tabs that open, close and take over behind a network that cuts miss no event without a gap (seed %d)',
  async (seed) => {
    const locks = fakeLocks()
    const random = seeded(seed)
    const values = new Map<string, number>()
    const tidings = createServer(
      contract,
      { heartbeatMs: 100, retryMs: 1, history: { size: 100_000 } },
      {
        state: {
          snapshot: async ({ params }) => {
            const value = values.get(params.name) ?? 0
            await pause(3 * random())
            return value
          },
        },
      },
    )
    onTestFinished(() => tidings.close({ drainMs: 0 }))
    const { port } = await listen(nodeHandler(tidings, { path: '/events' }))
    let isHarmless = false
    const plan = (): Plan => ({
      harm: isHarmless ? 'none' : random() < 0.5 ? 'cut' : 'end',
      afterBytes: Math.ceil(random() * 20_000),
    })
    const proxy = await hostileProxy(port, plan)

    const names = ['a', 'b']
    const create = (tab: number) => {
      const client = createClient(contract, {
        url: `${proxy.origin}/events`,
        reconnect: { minMs: 1, maxMs: 10 },
        timeoutMs: 300,
        lingerMs: 30,
        share: true,
      })
      onTestFinished(() => client.close())
      const witnesses: Witness[] = []
      const follow = () => {
        for (const name of names) {
          const [counted, state] = [
            new Witness(`${tab} counted ${name}`),
            new Witness(`${tab} state ${name}`),
          ]
          witnesses.push(counted, state)
          client.counted({ name }).subscribe({ n: (n) => counted.event(n), gap: () => counted.gap() })
          client.state({ name }).subscribe({
            snapshot: (n) => state.snapshot(n),
            n: (n) => state.event(n),
            gap: () => state.gap(),
          })
        }
      }
      follow()
      return { client, witnesses, follow }
    }
    let created = 0
    const tabs = Array.from({ length: 4 }, () => create(created++))
    let emitted = 0
    const emit = () => {
      emitted += 1
      for (const name of names) {
        // The snapshot knows of an event when it is emitted, and not before.
        values.set(name, emitted)
        void tidings.emit.counted({ name }).n(emitted)
        void tidings.emit.state({ name }).n(emitted)
      }
    }
    const emitting = setInterval(emit, 2)
    onTestFinished(() => clearInterval(emitting))
    const faults: string[] = []
    for (let round = 0; round < roundsWanted; round += 1) {
      await pause(10 * random())
      const at = Math.floor(random() * tabs.length)
      // Mostly the oldest, which is the one that holds the connection.
      const left = random() < 0.5 ? 0 : at
      const dice = random()
      if (dice < 0.3) {
        const [tab] = tabs.splice(left, 1)
        tab?.client.close()
        faults.push(...(tab?.witnesses.flatMap((witness) => witness.faults) ?? []))
        tabs.push(create(created++))
      } else if (dice < 0.5) tabs[at]?.follow()
      // As if the tab that holds the connection had been taken for frozen.
      else if (dice < 0.6) for (const name of locks.names().filter(isElection)) void locks.steal(name)
    }
    isHarmless = true
    const witnesses = tabs.flatMap((tab) => tab.witnesses)
    clearInterval(emitting)
    const ending = setInterval(emit, 100)
    onTestFinished(() => clearInterval(ending))
    await until(() => witnesses.every(({ last }) => last === emitted), 'everyone had come to the end')
    expect([...faults, ...witnesses.flatMap((witness) => witness.faults)]).toEqual([])
    expect(proxy.done.cut + proxy.done.end).toBeGreaterThan(0)
    expect(tidings.stats().connections).toBe(1)
  },
  roundsWanted * 200 + 30_000,
)

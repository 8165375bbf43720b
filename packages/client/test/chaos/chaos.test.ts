import { pause, seeded } from '@tidings/test-kit'
import { hasNginx } from '@tidings/test-kit/proxies'
import { hasRedis } from '@tidings/test-kit/redis'
import { expect, it } from 'vitest'
import { ChaosRuns } from './runs.js'
import { type Node, startService } from './service.js'

/** `npm run test:chaos` asks for more. */
const wanted = Number(process.env['TIDINGS_DELIVERIES'] ?? 20_000)
const random = seeded(Number(process.env['TIDINGS_SEED'] ?? 1))
/** How many clients start runs. */
const runnerCount = 5

it.skipIf(!hasRedis || !hasNginx)(
  'no subscriber misses an event without a gap, whatever fails: nodes, Redis or connections',
  async () => {
    const service = await startService(() => ({
      harm: random() < 0.3 ? 'none' : random() < 0.5 ? 'cut' : 'end',
      afterBytes: Math.ceil(random() * 20_000),
    }))
    const { redis, nodes, deliveries } = service
    const happened: Record<string, number> = {}
    let harmedAt = 0
    const runs = new ChaosRuns(service.clients, runnerCount, random, (name, since) => {
      // What it harms recovers a moment later.
      const wasHarmed = harmedAt >= since - 3_000
      return { mayInterrupt: wasHarmed || service.mayHaveDied(name), mayForget: wasHarmed }
    })
    const acts: Record<string, () => Promise<void>> = {
      'kill a node': async () => {
        const node = nodes[Math.floor(random() * nodes.length)] as Node
        await node.kill()
        await pause(500 * random())
        await node.start()
      },
      'pause Redis': async () => {
        redis.pause()
        await pause(1_500 * random())
        redis.resume()
      },
      'restart Redis with its data': () => redis.restart({ keepData: true }),
      'restart Redis without its data': () => redis.restart({ keepData: false }),
      "cut the nodes' connections to Redis": async () => redis.cutConnections(),
    }
    const names = Object.keys(acts)
    for (let turn = 0; deliveries() < wanted || turn < names.length; turn += 1) {
      const name = (turn < names.length ? names[turn] : names[Math.floor(random() * names.length)]) as string
      happened[name] = (happened[name] ?? 0) + 1
      if (name === 'kill a node') await acts[name]?.()
      else {
        harmedAt = Number.POSITIVE_INFINITY
        await acts[name]?.()
        harmedAt = performance.now()
      }
      await pause(300 + 700 * random())
    }
    await runs.finish()
    await service.settle()
    console.log(`${service.summary(happened)}; runs: ${JSON.stringify(runs.ends)}`)
    expect(service.judged()).toEqual([])
    expect(runs.faults).toEqual([])
    expect(runs.ends).toMatchObject({ output: expect.any(Number) })
    expect(deliveries()).toBeGreaterThanOrEqual(wanted)
  },
  1_800_000,
)

it.skipIf(!hasRedis || !hasNginx)(
  'clients of killed nodes continue on other nodes, and miss no event',
  async () => {
    const service = await startService(() => ({ harm: 'none', afterBytes: 0 }))
    const runs = new ChaosRuns(service.clients, runnerCount, random, (name) => ({
      mayInterrupt: service.mayHaveDied(name),
      mayForget: false,
    }))
    let kills = 0
    const isEnough = () => service.deliveries() >= wanted / 2 && runs.ends['interrupted'] !== undefined
    for (; kills < 3 || !isEnough(); kills += 1) {
      const node = service.nodes[kills % service.nodes.length] as Node
      await node.kill()
      await pause(700)
      await node.start()
      await pause(300)
    }
    await runs.finish()
    await service.settle()
    console.log(`${service.summary({ 'kill a node': kills })}; runs: ${JSON.stringify(runs.ends)}`)
    expect(service.judged()).toEqual([])
    expect(runs.faults).toEqual([])
    expect(runs.ends).toMatchObject({ output: expect.any(Number), interrupted: expect.any(Number) })
    expect(service.startedTwice()).toEqual([])
    expect(service.gaps()).toBe(0)
  },
  1_800_000,
)

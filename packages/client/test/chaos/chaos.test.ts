import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect, it, onTestFinished } from 'vitest'
import { freePort, hasRedis, startRedis } from '../../../server/test/bus/redis-server.js'
import { createClient } from '../../src/index.js'
import { until } from '../harness.js'
import { hostileProxy, type Plan, seeded } from '../hostile-proxy.js'
import { hasNginx, startNginx } from '../nginx.js'
import { chaosContract, type FromNode, type ToNode } from './contract.js'
import { Emitted, Witness } from './witness.js'

/** `npm run test:chaos` asks for more. */
const wanted = Number(process.env['TIDINGS_DELIVERIES'] ?? 20_000)
const topics = ['a', 'b', 'c', 'd', 'e']
const clientCount = 20
const emitEveryMs = 25

/** A node that is started again whenever it was killed. */
class Node {
  readonly port: number
  readonly #name: string
  readonly #redisUrl: string
  readonly #emitted: Emitted
  #child: ChildProcess | undefined
  #lives = 0

  constructor(name: string, port: number, redisUrl: string, emitted: Emitted) {
    this.#name = name
    this.port = port
    this.#redisUrl = redisUrl
    this.#emitted = emitted
  }

  get isRunning(): boolean {
    return this.#child !== undefined
  }

  async start(): Promise<void> {
    this.#lives += 1
    const by = `${this.#name}${this.#lives}`
    const args = [String(this.port), this.#redisUrl, by, String(emitEveryMs)]
    const child = fork(fileURLToPath(new URL('node.ts', import.meta.url)), args, {
      execArgv: ['--import', 'tsx', '--conditions=@tidings/source'],
    })
    child.on('message', (message: FromNode) => {
      if (message.type === 'emitted') this.#emitted.note(message.by, message.topic, message.n, message.ok)
    })
    await once(child, 'message')
    this.#child = child
    this.#send({ type: 'emit', topics })
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child) return
    const gone = once(child, 'exit')
    child.kill('SIGKILL')
    await gone
  }

  /** Stops emitting, and waits for what is on its way. */
  async quieten(): Promise<void> {
    const child = this.#child
    if (!child) return
    const quiet = new Promise<void>((resolve) =>
      child.on('message', (message: FromNode) => {
        if (message.type === 'quiet') resolve()
      }),
    )
    this.#send({ type: 'quiet' })
    await quiet
  }

  #send(message: ToNode): void {
    this.#child?.send(message)
  }
}

const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms))

it.skipIf(!hasRedis || !hasNginx)(
  'whatever happens to nodes, Redis and connections, no subscriber misses anything without being told',
  async () => {
    const random = seeded(Number(process.env['TIDINGS_SEED'] ?? 1))
    const redis = await startRedis({ args: ['--appendonly', 'yes'] })
    onTestFinished(() => redis.stop())
    const emitted = new Emitted()
    const nodes = await Promise.all(
      ['x', 'y', 'z'].map(async (name) => new Node(name, await freePort(), redis.url, emitted)),
    )
    onTestFinished(async () => {
      await Promise.all(nodes.map((node) => node.kill()))
    })
    await Promise.all(nodes.map((node) => node.start()))
    const nginx = await startNginx(...nodes.map(({ port }) => port))
    let isHarmless = false
    const plan = (): Plan => ({
      harm: isHarmless || random() < 0.3 ? 'none' : random() < 0.5 ? 'cut' : 'end',
      afterBytes: Math.ceil(random() * 20_000),
    })
    const proxy = await hostileProxy(Number(new URL(nginx.origin).port), plan)

    const recoveries: number[] = []
    const clients = Array.from({ length: clientCount }, (_, index) => {
      const client = createClient(chaosContract, {
        url: `${proxy.origin}/events`,
        reconnect: { minMs: 20, maxMs: 500 },
        timeoutMs: 3_000,
      })
      onTestFinished(() => client.close())
      let lostAt: number | undefined
      client.connection.on('change', ({ status }) => {
        if (status === 'waiting') lostAt ??= performance.now()
        if (status !== 'open' || lostAt === undefined) return
        recoveries.push(performance.now() - lostAt)
        lostAt = undefined
      })
      const witnesses = [0, 1, 2].map((shift) => {
        const topic = topics[(index + shift) % topics.length] as string
        const witness = new Witness(`client ${index}`, topic)
        client.feed({ name: topic }).subscribe({
          item: (event) => witness.event(event),
          gap: () => witness.gap(),
        })
        return witness
      })
      return { client, witnesses }
    })
    const witnesses = clients.flatMap((each) => each.witnesses)
    const deliveries = () => witnesses.reduce((sum, { events }) => sum + events, 0)
    await until(
      () => clients.every(({ client }) => client.connection.state.status === 'open'),
      'all were there',
    )

    const happened: Record<string, number> = {}
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
      await acts[name]?.()
      await pause(300 + 700 * random())
    }

    isHarmless = true
    await Promise.all(nodes.map((node) => node.quieten()))
    // Once more from all, for everyone to come to the end.
    const judged = () => witnesses.flatMap((witness) => witness.judge(emitted))
    await until(
      () => judged().length === 0,
      () => `all was well: ${judged().slice(0, 10).join('\n')}`,
    )
    recoveries.sort((a, b) => a - b)
    const at = (part: number) => Math.round(recoveries[Math.floor(recoveries.length * part)] ?? 0)
    const gaps = witnesses.reduce((sum, witness) => sum + witness.gaps, 0)
    console.log(
      `${deliveries()} deliveries of ${emitted.count} emits, ${gaps} gaps; ${JSON.stringify(happened)}; ` +
        `${proxy.done.cut + proxy.done.end} connections harmed; back after ${at(0.5)} ms (median), ${at(0.99)} ms (p99)`,
    )
    expect(judged()).toEqual([])
    expect(deliveries()).toBeGreaterThanOrEqual(wanted)
  },
  1_800_000,
)

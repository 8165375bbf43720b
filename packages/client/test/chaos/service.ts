import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { freePort, pause, until } from '@tidings/test-kit'
import { startRedis } from '@tidings/test-kit/redis'
import { onTestFinished } from 'vitest'
import { createClient } from '../../src/index.js'
import { hostileProxy, type Plan } from '../hostile-proxy.js'
import { startNginx } from '../nginx.js'
import { chaosContract, type FromNode, type ToNode } from './contract.js'
import { Emitted, Witness } from './witness.js'

const topics = ['a', 'b', 'c', 'd', 'e']
const clientCount = 20
const emitEveryMs = 25

/** A node that emits, and may be killed and started again. */
export class Node {
  readonly port: number
  readonly #name: string
  readonly #redisUrl: string
  readonly #emitted: Emitted
  readonly #beginning: (by: string) => void
  readonly #ran: (name: string, by: string) => void
  /** The names of its lives that were killed. */
  readonly killed = new Set<string>()
  #child: ChildProcess | undefined
  #lives = 0

  /**
   * @param beginning told before it first emits, and again in each life, by which name it does
   * @param ran told that the handler of a run has begun, and by which name of the node
   */
  constructor(
    name: string,
    port: number,
    redisUrl: string,
    emitted: Emitted,
    beginning: (by: string) => void,
    ran: (name: string, by: string) => void,
  ) {
    this.#name = name
    this.port = port
    this.#redisUrl = redisUrl
    this.#emitted = emitted
    this.#beginning = beginning
    this.#ran = ran
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
      else if (message.type === 'ran') this.#ran(message.name, message.by)
    })
    await once(child, 'message')
    this.#child = child
    this.#beginning(by)
    this.#send({ type: 'emit', topics })
  }

  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (!child) return
    this.killed.add(`${this.#name}${this.#lives}`)
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

/**
 * Starts three nodes on one Redis that emit to the same topics, nginx in front of them, and clients that reach them
 * through a proxy that harms their connections. All of it ends with the test.
 *
 * @param plan what becomes of a connection, asked for each
 */
export async function startService(plan: () => Plan) {
  const redis = await startRedis({ args: ['--appendonly', 'yes'] })
  onTestFinished(() => redis.stop())
  const emitted = new Emitted()
  const witnesses: Witness[] = []
  const beginning = (by: string) => {
    for (const witness of witnesses) witness.began(by)
  }
  const hosts = new Map<string, string[]>()
  const ran = (name: string, by: string) => hosts.set(name, [...(hosts.get(name) ?? []), by])
  const nodes = await Promise.all(
    ['x', 'y', 'z'].map(async (name) => new Node(name, await freePort(), redis.url, emitted, beginning, ran)),
  )
  onTestFinished(async () => {
    await Promise.all(nodes.map((node) => node.kill()))
  })
  await Promise.all(nodes.map((node) => node.start()))
  const nginx = await startNginx(...nodes.map(({ port }) => port))
  let isOver = false
  const proxy = await hostileProxy(Number(new URL(nginx.origin).port), () =>
    isOver ? { harm: 'none', afterBytes: 0 } : plan(),
  )

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
    for (const shift of [0, 1, 2]) {
      const topic = topics[(index + shift) % topics.length] as string
      const witness = new Witness(`client ${index}`, topic)
      client.feed({ name: topic }).subscribe({
        item: (event) => witness.event(event),
        gap: () => witness.gap(),
      })
      witnesses.push(witness)
    }
    return client
  })
  const deliveries = () => witnesses.reduce((sum, { events }) => sum + events, 0)
  // All have heard of all topics: whoever emits from then on is heard from the first.
  await until(
    () =>
      clients.every(({ connection }) => connection.state.status === 'open') &&
      witnesses.every(({ events }) => events > 0),
    'all were there',
  )

  const judged = () => witnesses.flatMap((witness) => witness.judge(emitted))
  return {
    redis,
    nodes,
    clients,
    /** Whether the node that runs a run, by its name, may have been killed. */
    mayHaveDied(run: string): boolean {
      const [host] = hosts.get(run) ?? []
      return host === undefined || nodes.some(({ killed }) => killed.has(host))
    },
    /** The runs whose handler was called more than once. */
    startedTwice: () => [...hosts].filter(([, by]) => by.length > 1),
    deliveries,
    judged,
    /** Lets everyone come to the end of what was emitted. */
    async settle(): Promise<void> {
      isOver = true
      await Promise.all(nodes.map((node) => node.quieten()))
      // To judge takes long, and what is judged needs the time: the clients run in this process.
      await until(
        async () => {
          await pause(500)
          return judged().length === 0
        },
        () => `all was well: ${judged().slice(0, 10).join('\n')}`,
      )
    },
    gaps: () => witnesses.reduce((sum, { gaps }) => sum + gaps, 0),
    /** What has happened, in a line. */
    summary(happened: Readonly<Record<string, number>>): string {
      recoveries.sort((a, b) => a - b)
      const at = (part: number) => Math.round(recoveries[Math.floor(recoveries.length * part)] ?? 0)
      return (
        `${deliveries()} deliveries of ${emitted.count} emits, ${this.gaps()} gaps; ${JSON.stringify(happened)}; ` +
        `${proxy.done.cut + proxy.done.end} connections harmed; ` +
        `${recoveries.length} times back, after ${at(0.5)} ms (median), ${at(0.99)} ms (p99)`
      )
    },
  }
}

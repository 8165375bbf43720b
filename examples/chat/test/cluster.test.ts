import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createClient } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import { expect, it, onTestFinished } from 'vitest'
import { contract } from '../src/contract.js'
import { replyTo } from '../src/server/reply.js'

const tools = {
  redis: process.env['TIDINGS_REDIS'] ?? '/usr/bin/redis-server',
  nginx: process.env['TIDINGS_NGINX'] ?? '/usr/sbin/nginx',
}

const nodeNames = ['node 1', 'node 2', 'node 3']

/** Whether the tools of a cluster are installed. With `CI=true` the tests require them. */
const canCluster = Object.values(tools).every((path) => existsSync(path)) || process.env['CI'] === 'true'

/** Runs the built cluster, with a temporary folder for its files. */
async function runCluster(env: NodeJS.ProcessEnv = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'tidings-cluster-test-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  const child = spawn(process.execPath, [join(import.meta.dirname, '../dist/cluster.js')], {
    env: { ...process.env, PORT: '0', TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let errors = ''
  child.stderr.on('data', (chunk: Buffer) => {
    errors += chunk
  })
  const ended = once(child, 'close').then(([code]) => code as number | null)
  const stop = () => {
    child.kill('SIGINT')
    return ended
  }
  onTestFinished(async () => {
    await stop()
  })
  return { stdout: child.stdout, errors: () => errors, ended, stop, files: () => readdir(folder) }
}

/** Starts the built cluster. */
async function startCluster() {
  const cluster = await runCluster()
  const pids = new Map<string, number>()
  const addresses = new Map<string, string>()
  let address = ''
  for await (const line of createInterface(cluster.stdout)) {
    address = /^Chat is running at (http:.*)$/.exec(line)?.[1] ?? address
    const [, name, at, pid] = /^ {2}(\S.*?) +(127\.0\.0\.1:\d+) +pid (\d+)$/.exec(line) ?? []
    if (name) {
      pids.set(name, Number(pid))
      addresses.set(name, `http://${at}`)
    }
    if (line.includes('Ctrl-C')) return { ...cluster, address, pids, addresses }
  }
  throw new Error(`The cluster has ended with ${await cluster.ended}: ${cluster.errors()}`)
}

/** Subscribes a client to the lobby, and records its events and the nodes of its connections. */
function enterLobby(address: string) {
  const nodes: string[] = []
  const client = createClient(contract, {
    url: `${address}/events`,
    fetch: async (input, init) => {
      const response = await fetch(input, init)
      if (response.headers.get('content-type')?.startsWith('text/event-stream'))
        nodes.push(response.headers.get('x-node') ?? '')
      return response
    },
  })
  onTestFinished(() => client.close())
  const seen: string[] = []
  client.room({ roomId: 'lobby' }).subscribe({
    snapshot: ({ messages }) => seen.push(`snapshot of ${messages.length}`),
    message: ({ text }) => seen.push(text),
    gap: ({ reason }) => seen.push(`gap: ${reason}`),
  })
  const say = (author: string, text: string) => client.send({ roomId: 'lobby', author, text })
  return { client, nodes, seen, say }
}

type Lobby = ReturnType<typeof enterLobby>

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it.skipIf(!canCluster)(
  'a cluster loses no message and no client when a node is killed',
  async ({ annotate }) => {
    const cluster = await startCluster()
    expect([...cluster.pids.keys()]).toEqual(['nginx', 'node 1', 'node 2', 'node 3', 'redis'])
    const ada = enterLobby(cluster.address)
    const bob = enterLobby(cluster.address)
    await expect.poll(() => [ada.seen, bob.seen]).toEqual([['snapshot of 0'], ['snapshot of 0']])

    const sent: string[] = []
    const receivedBy = new Set<string | undefined>()
    const talk = async (times: number) => {
      for (let n = 0; n < times; n += 1) {
        const text = `message ${sent.length}`
        sent.push(text)
        const { node } = await (n % 2 ? bob.say('Bob', text) : ada.say('Ada', text))
        receivedBy.add(node)
      }
    }
    const bothReceiveAll = async () => {
      const all = ['snapshot of 0', ...sent]
      await expect.poll(() => [ada.seen, bob.seen], { timeout: 8_000 }).toEqual([all, all])
    }
    await talk(6)
    await bothReceiveAll()
    expect(receivedBy).toEqual(new Set(['node 1', 'node 2', 'node 3']))

    const [lost = ''] = ada.nodes
    process.kill(cluster.pids.get(lost) as number, 'SIGKILL')
    const killedAt = performance.now()
    await talk(20)
    await annotate(`all sent ${Math.round(performance.now() - killedAt)} ms after the kill`)
    await bothReceiveAll()
    await annotate(`all received ${Math.round(performance.now() - killedAt)} ms after the kill`)
    expect(ada.nodes.length).toBeGreaterThan(1)
    expect(ada.nodes.at(-1)).not.toBe(lost)

    const late = enterLobby(cluster.address)
    await expect.poll(() => late.seen).toEqual([`snapshot of ${sent.length}`])
    expect([await cluster.stop(), cluster.errors(), await cluster.files()]).toEqual([0, '', []])
    expect([...cluster.pids.values()].filter(isAlive)).toEqual([])
  },
)

/** Attaches a client to the next answer in the lobby. Resolves with its text, and with why it is incomplete. */
async function readAnswer({ client }: Lobby, onToken: () => void = () => {}) {
  let text = ''
  for await (const event of client.room({ roomId: 'lobby' })) {
    if (event.type !== 'answer') continue
    try {
      for await (const token of client.complete.attach(event.data.run)) {
        text += token.data
        onToken()
      }
    } catch (error) {
      return { text, error: (error as TidingsError).code }
    }
    break
  }
  return { text }
}

it.skipIf(!canCluster)(
  'one node of a cluster answers, and clients of every node read each token',
  async () => {
    const cluster = await startCluster()
    const lobbies = nodeNames.map((name) => enterLobby(cluster.addresses.get(name) ?? ''))
    await expect.poll(() => lobbies.map(({ seen }) => seen)).toEqual(lobbies.map(() => ['snapshot of 0']))
    const answers = lobbies.map((lobby) => readAnswer(lobby))
    await lobbies[0]?.say('Ada', '@bot hello')
    const text = replyTo('hello').join('')
    expect(await Promise.all(answers)).toEqual(lobbies.map(() => ({ text })))
    const all = ['snapshot of 0', '@bot hello', text]
    await expect.poll(() => lobbies.map(({ seen }) => seen)).toEqual(lobbies.map(() => all))
    expect([await cluster.stop(), cluster.errors()]).toEqual([0, ''])
  },
)

it.skipIf(!canCluster)(
  'clients of other nodes are told when the node that answers is killed',
  async ({ annotate }) => {
    const cluster = await startCluster()
    const [first, ...others] = nodeNames.map((name) => enterLobby(cluster.addresses.get(name) ?? ''))
    // Ready to receive the run's id.
    await expect.poll(() => others.map(({ seen }) => seen)).toEqual(others.map(() => ['snapshot of 0']))
    let killedAt = 0
    const kill = () => {
      if (killedAt === 0) process.kill(cluster.pids.get('node 1') as number, 'SIGKILL')
      killedAt ||= performance.now()
    }
    const answers = others.map((lobby) => readAnswer(lobby, kill))
    await first?.say('Ada', `@bot ${'count these words '.repeat(100)}`)
    for (const { text, error } of await Promise.all(answers)) {
      expect(error).toBe('interrupted')
      expect(text).not.toBe('')
    }
    await annotate(`told ${Math.round(performance.now() - killedAt)} ms after the kill`)
  },
)

it('a cluster without its tools reports how to get them, and starts nothing', async () => {
  const cluster = await runCluster({
    TIDINGS_REDIS: '/nowhere/redis-server',
    TIDINGS_NGINX: '/nowhere/nginx',
  })
  expect([await cluster.ended, await cluster.files()]).toEqual([1, []])
  expect(cluster.errors().trim().split('\n')).toEqual([
    'redis-server is missing. Get it with: sudo apt-get install redis-server',
    'nginx is missing. Get it with: sudo apt-get install nginx',
  ])
})

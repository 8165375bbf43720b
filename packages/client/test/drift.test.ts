import { type ContractDefinition, channel, command, defineContract, isoDate } from '@tidings/core'
import { describe as describeContract } from '@tidings/core/describe'
import { isoDate as miniIsoDate } from '@tidings/core/mini'
import { createServer, type ServerOptions } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import express from 'express'
import { describe, expect, it, onTestFinished } from 'vitest'
import * as z from 'zod'
import * as mini from 'zod/mini'
import { type Drift, watchDrift } from '../src/drift.js'
import { type ClientOptions, createClient } from '../src/index.js'
import { createClient as createNativeClient } from '../src/native-node.js'
import { fakeLocks } from './locks.js'

const said = z.object({ text: z.string(), at: isoDate })
const contract = defineContract({ room: channel({ events: { said } }), ping: command({}) })
/** Renames a key, and has an event more. */
const next = defineContract({
  room: channel({ events: { said: z.object({ body: z.string(), at: isoDate }), sung: z.string() } }),
  ping: command({}),
})
/** Has a command more, which no old client misses. */
const larger = defineContract({ ...contract, pong: command({}) })

const hashOf = (given: ContractDefinition) => describeContract(given).hash

async function start(given: ContractDefinition, options: ServerOptions<undefined> = {}, port?: number) {
  const handlers = Object.entries(given).flatMap(([name, { kind }]) =>
    kind === 'command' ? [[name, () => {}]] : [],
  )
  const tidings = createServer(given, { retryMs: 1, ...options }, Object.fromEntries(handlers) as never)
  const app = express()
  app.use('/events', expressHandler(tidings))
  const http = await listen(app, port)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const stop = async () => {
    await tidings.close({ drainMs: 0 })
    await http.stop()
  }
  return { tidings, stop, port: http.port, url: `${http.origin}/events` }
}

function connect(url: string, options: Partial<ClientOptions> = {}, create = createClient) {
  const drifts: Drift[] = []
  const drift = watchDrift(contract, (found) => drifts.push(found))
  const client = create(contract, { url, drift, reconnect: { minMs: 1, maxMs: 20 }, ...options })
  onTestFinished(() => client.close())
  client.room().on('said', () => {})
  const isOpen = () => until(() => client.connection.state.status === 'open', 'the client was connected')
  return { client, drift, drifts, isOpen }
}

/** Stops the server, and starts one with another contract in its place. */
async function replace(server: Awaited<ReturnType<typeof start>>, given: ContractDefinition, options = {}) {
  await server.stop()
  return start(given, options, server.port)
}

describe('a client that watches for drift', () => {
  it('is told once of each version that was deployed, with what changed', async () => {
    const first = await start(contract, { describe: true })
    const { client, drifts, isOpen } = connect(first.url)
    await isOpen()
    const second = await replace(first, next, { describe: true })
    await until(() => drifts.length === 1, 'the next version was noticed')
    expect(drifts[0]).toMatchObject({
      serverHash: hashOf(next),
      clientHash: hashOf(contract),
      verdict: 'breaking',
      changes: [
        { path: 'room.events.said.data.text', change: 'key-removed', clients: 'breaking' },
        { path: 'room.events.said.data.body', change: 'key-added', clients: 'safe' },
        { path: 'room.events.sung', change: 'event-added', clients: 'safe' },
      ],
    })
    client.reconnect()
    await isOpen()
    const third = await replace(second, contract, { describe: true })
    await isOpen()
    await replace(third, larger, { describe: true })
    await until(() => drifts.length > 1, 'the version after was noticed')
    expect(drifts.map(({ serverHash, verdict }) => [serverHash, verdict])).toEqual([
      [hashOf(next), 'breaking'],
      [hashOf(larger), 'safe'],
    ])
  })

  it('is not told what changed where the server does not describe its contract', async () => {
    const { url } = await start(next)
    const { drifts } = connect(url)
    await until(() => drifts.length === 1, 'the other version was noticed')
    expect(drifts).toEqual([{ serverHash: hashOf(next), clientHash: hashOf(contract) }])
  })

  it('is told nothing of a contract of zod, where its own is of zod/mini', async () => {
    const first = await start(contract)
    const found: Drift[] = []
    const event = mini.object({ text: mini.string(), at: miniIsoDate })
    const own = defineContract({ room: channel({ events: { said: event } }), ping: command({}) })
    const drift = watchDrift(own, (each) => found.push(each))
    const client = createClient(own, { url: first.url, drift, reconnect: { minMs: 1, maxMs: 20 } })
    onTestFinished(() => client.close())
    client.room().on('said', () => {})
    await until(() => client.connection.state.status === 'open', 'the client was connected')
    await replace(first, next)
    await until(() => found.length > 0, 'another version was noticed')
    expect(found.map(({ serverHash }) => serverHash)).toEqual([hashOf(next)])
  })

  it('is told nothing after it was closed', async () => {
    let allow = (_isAllowed: boolean) => {}
    const decision = new Promise<boolean>((resolve) => {
      allow = resolve
    })
    let asked = 0
    const isAllowed = () => {
      asked += 1
      return decision
    }
    const { url } = await start(next, { describe: isAllowed })
    const closed = connect(url)
    const open = connect(url)
    await until(() => asked === 2, 'both read the description')
    closed.client.close()
    allow(true)
    await until(() => open.drifts.length === 1, 'the other was told')
    expect(closed.drifts).toEqual([])
  })

  it('is told of a bounded number of versions, each of which is read after the other', async () => {
    let open = 0
    let most = 0
    let reads = 0
    const { origin } = await listen((request, response) => {
      if (request.url?.endsWith('$contract')) {
        reads += 1
        open += 1
        most = Math.max(most, open)
        setImmediate(() => response.writeHead(404).end())
        response.once('close', () => {
          open -= 1
        })
        return
      }
      response.setHeader('content-type', 'text/event-stream')
      for (let count = 0; count < 1_000; count += 1)
        response.write(`event: $open\ndata: {"id":"a","contract":"hash ${count}"}\n\n`)
    })
    const { drifts } = connect(`${origin}/events`)
    await until(() => drifts.length >= 100, 'versions were noticed')
    expect([drifts.length, reads, most]).toEqual([100, 100, 1])
  })

  it('does not read a description that is too long', async () => {
    let sent = 0
    const { origin } = await listen((request, response) => {
      if (request.url?.endsWith('$contract')) {
        response.setHeader('content-type', 'application/json')
        const more = () => {
          let hasRoom = true
          while (hasRoom && !response.destroyed) {
            hasRoom = response.write(' '.repeat(64 * 1024))
            sent += 64 * 1024
          }
        }
        response.on('drain', more)
        more()
        return
      }
      response.setHeader('content-type', 'text/event-stream')
      response.write('event: $open\ndata: {"id":"a","contract":"other"}\n\n')
    })
    const { drifts } = connect(`${origin}/events`)
    await until(() => drifts.length === 1, 'the version was noticed')
    expect(drifts[0]?.changes).toBeUndefined()
    expect(sent).toBeLessThan(64 * 1024 * 1024)
  })

  it('reports an error of its handler', async () => {
    const { url } = await start(next)
    const errors: string[] = []
    const drift = watchDrift(contract, () => {
      throw new Error('no banner')
    })
    connect(url, { drift, onError: ({ message }) => errors.push(message) })
    await until(() => errors.length === 1, 'the error was reported')
    expect(errors).toEqual(['onDrift threw: no banner'])
  })

  it('counts the events that it does not know', async () => {
    const { url, tidings } = await start(next)
    const { drift, isOpen } = connect(url)
    await isOpen()
    const emit = tidings.emit as unknown as { room(): { sung(text: string): Promise<void> } }
    await emit.room().sung('la')
    await emit.room().sung('la')
    await until(() => drift.ignoredEvents.size > 0, 'an event was ignored')
    await until(() => drift.ignoredEvents.get('room.sung') === 2, 'both events were counted')
  })

  it('is told in each tab that shares a connection', async () => {
    const { tidings, url } = await start(next)
    fakeLocks()
    const leader = connect(url, { share: true })
    await leader.isOpen()
    const other = connect(url, { share: true })
    await other.isOpen()
    await until(() => leader.drifts.length === 1 && other.drifts.length === 1, 'both tabs were told')
    expect(tidings.stats().connections).toBe(1)
  })

  it('is told with an EventSource as well', async () => {
    const { url } = await start(next, { describe: true })
    const { drifts } = connect(url, {}, createNativeClient as typeof createClient)
    await until(() => drifts.length === 1, 'the other version was noticed')
    expect(drifts[0]?.verdict).toBe('breaking')
  })
})

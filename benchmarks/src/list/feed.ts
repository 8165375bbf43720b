// The server of the list, in a process of its own: see bench.ts.
import { createServer } from 'node:http'
import { createServer as createTidings } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { serveParent } from '../lib/child.js'
import { listenOnFreePort } from '../lib/free-port.js'
import { contract, type Row, rowCount } from './contract.js'

const rows: Row[] = Array.from({ length: rowCount }, (_, id) => ({
  id,
  name: `Item ${id}`,
  price: 100,
  change: 0,
  volume: 0,
}))
const tidings = createTidings(contract, { list: { snapshot: () => ({ rows }) } })
const handle = nodeHandler(tidings, { path: '/events' })
const server = createServer((request, response) => {
  if (request.url?.startsWith('/events')) handle(request, response)
  else {
    response.setHeader('content-type', 'text/html')
    response.end('<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,"><div id="root"></div>')
  }
})
const port = await listenOnFreePort(server)
let timer: ReturnType<typeof setInterval> | undefined
let emitted = 0

function emitOne(): void {
  // Rows take turns in an order that jumps over the list.
  const id = (emitted * 619) % rowCount
  const change = Math.round(Math.sin(emitted) * 100) / 100
  const row: Row = { id, name: `Item ${id}`, price: 100 + change, change, volume: emitted }
  rows[id] = row
  emitted += 1
  void tidings.emit.list().changed(row)
}

const commands = {
  url: () => `http://127.0.0.1:${port}`,

  /** Emits so many events a second from now on, each by itself as far as timers allow. */
  begin(perSecond: number): void {
    clearInterval(timer)
    const start = performance.now()
    const before = emitted
    timer = setInterval(() => {
      const due = before + ((performance.now() - start) * perSecond) / 1_000
      while (emitted < due) emitOne()
    }, 1)
  },

  stop(): void {
    clearInterval(timer)
  },
}

export type ListFeedCommands = typeof commands

serveParent(commands)

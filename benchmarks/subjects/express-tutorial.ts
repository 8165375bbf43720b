import { createServer } from 'node:http'
import express, { type Response } from 'express'
import { sseClient } from '../src/lib/client-script.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** Express as in tutorials of Server-Sent Events: a list of clients, and a loop that writes to each. */
export const start: StartSubject = async () => {
  let clients: { id: number; res: Response }[] = []
  let lastId = 0
  const app = express()
  app.get('/events', (req, res) => {
    res.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache',
      Connection: 'keep-alive',
    })
    res.flushHeaders()
    lastId += 1
    const id = lastId
    clients.push({ id, res })
    req.on('close', () => {
      clients = clients.filter((client) => client.id !== id)
    })
  })
  const server = createServer(app)
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/events'),
    emit(event) {
      for (const client of clients) client.res.write(`data: ${JSON.stringify(event)}\n\n`)
    },
    subscribers: () => clients.length,
    stop: () => server.close(),
  }
}

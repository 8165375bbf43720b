import { createServer, type ServerResponse } from 'node:http'
import { sseClient } from '../src/lib/client-script.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** Plain node:http: each event is encoded once and written to each response. The baseline. */
export const start: StartSubject = async () => {
  const responses = new Set<ServerResponse>()
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/event-stream',
      'Cache-Control': 'no-cache, no-transform',
    })
    response.flushHeaders()
    responses.add(response)
    response.on('close', () => responses.delete(response))
  })
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/events'),
    emit(event) {
      const frame = Buffer.from(`data: ${JSON.stringify(event)}\n\n`)
      for (const response of responses) response.write(frame)
    },
    subscribers: () => responses.size,
    stop: () => server.close(),
  }
}

import { createServer, type ServerResponse } from 'node:http'
import { sseClient } from '../src/lib/client-script.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** Plain node:http: the events of one turn of the event loop are one write to each response. */
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
  let frames = ''
  function flush() {
    const bytes = Buffer.from(frames)
    frames = ''
    for (const response of responses) response.write(bytes)
  }
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/events'),
    emit(event) {
      if (frames === '') setImmediate(flush)
      frames += `data: ${JSON.stringify(event)}\n\n`
    },
    subscribers: () => responses.size,
    stop: () => server.close(),
  }
}

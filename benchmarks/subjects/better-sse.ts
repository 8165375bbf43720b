import { createServer } from 'node:http'
import { createChannel, createSession } from 'better-sse'
import { sseClient } from '../src/lib/client-script.js'
import { listenOnFreePort } from '../src/lib/free-port.js'
import type { StartSubject } from '../src/lib/subject.js'

/** better-sse: a session for each request, registered with a channel that broadcasts. */
export const start: StartSubject = async () => {
  const channel = createChannel()
  const server = createServer(async (request, response) => {
    channel.register(await createSession(request, response))
  })
  return {
    port: await listenOnFreePort(server),
    client: sseClient('/events'),
    emit: (event) => void channel.broadcast(event, 'message', { eventId: event.id }),
    subscribers: () => channel.sessionCount,
    stop: () => server.close(),
  }
}

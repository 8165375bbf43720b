import { once } from 'node:events'
import { Agent, type IncomingMessage, request } from 'node:http'
import { createClient } from '@tidings/client'
import { marker } from '../lib/feed-event.js'
import { runContract, type StreamName, type Work } from './contract.js'

/** Starts a run and reads it to its end. */
export interface Reader {
  /**
   * Resolves when the run is over.
   *
   * @param onEvents called with the number of events of each read
   * @throws Error if events are missing, double or out of order, or the run ends without its output
   */
  read(stream: StreamName, work: Work, onEvents: (events: number) => void): Promise<void>
  close(): void
}

/** How a run is read. */
export type ReaderName = 'client' | 'client-alone' | 'http'

const markerByte = marker.charCodeAt(0)

export const readers: Readonly<Record<ReaderName, (url: string) => Promise<Reader>>> = {
  /** The project's client, with a shared connection that is open. */
  async client(url) {
    const client = createClient(runContract, { url })
    await client.feed().on('tick', () => {}).ready
    return { read: readWith(client), close: () => client.close() }
  },

  /** A client of its own for each run, without a connection. */
  async 'client-alone'(url) {
    return {
      async read(stream, work, onEvents) {
        const client = createClient(runContract, { url })
        await readWith(client)(stream, work, onEvents)
        client.close()
      },
      close() {},
    }
  },

  /** The response of the request that starts the run, without parsing its events. */
  async http(url) {
    const agent = new Agent({ keepAlive: true })
    return {
      read: (stream, work, onEvents) => readResponse(agent, `${url}/${stream}`, work, onEvents),
      close: () => agent.destroy(),
    }
  },
}

type BenchClient = ReturnType<typeof createClient<typeof runContract>>

function readWith(client: BenchClient): Reader['read'] {
  return async (stream, work, onEvents) => {
    const run = client[stream](work)
    let last = 0
    for await (const { data } of run) {
      if (data.seq !== last + 1) throw new Error(`Event ${data.seq} follows event ${last}`)
      last = data.seq
      onEvents(1)
    }
    const { events } = await run.output
    if (last !== work.events || events !== last) throw new Error(`Received ${last} of ${work.events} events`)
  }
}

async function readResponse(
  agent: Agent,
  url: string,
  work: Work,
  onEvents: (events: number) => void,
): Promise<void> {
  const outgoing = request(url, { agent, method: 'POST', headers: { 'content-type': 'application/json' } })
  outgoing.end(JSON.stringify(work))
  const [response] = (await once(outgoing, 'response')) as [IncomingMessage]
  let received = 0
  let end = ''
  response.on('data', (bytes: Buffer) => {
    let events = 0
    for (let at = bytes.indexOf(markerByte); at !== -1; at = bytes.indexOf(markerByte, at + 1)) events += 1
    received += events
    end = (end + bytes.toString('latin1', Math.max(0, bytes.length - 100))).slice(-100)
    if (events > 0) onEvents(events)
  })
  await once(response, 'end')
  if (received !== work.events) throw new Error(`Received ${received} of ${work.events} events`)
  if (!end.includes('event: $output')) throw new Error(`The run ended with ${end}`)
}

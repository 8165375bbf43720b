import { createClient } from '../src/index.js'
import { createClient as createNativeClient } from '../src/native.js'
import { contract } from './contract.js'

/** What a page asks of a client in a worker, with the port to which the client's notes go. */
export interface WorkerRequest {
  readonly transport: 'its own' | 'the default'
  readonly port: MessagePort
}

/** What a page has the client in its worker do. */
export type WorkerOrder = 'close' | 'reconnect'

/** What a client in a worker received, and what happened around it. */
export type WorkerNote = readonly [what: string, detail?: unknown]

/** The globals of a worker of any kind. */
const scope = globalThis as unknown as {
  readonly window?: unknown
  readonly document?: unknown
  /** Dispatched in a shared worker, with the port of a page. */
  onconnect?: ((event: MessageEvent) => void) | null
  onmessage: ((event: MessageEvent<WorkerRequest>) => void) | null
}

/** Does everything a client does, and stays subscribed. */
async function useClient({ transport, port }: WorkerRequest): Promise<void> {
  const note = (...one: WorkerNote) => port.postMessage(one)
  const create = transport === 'its own' ? createNativeClient : createClient
  const client = create(contract, {
    url: new URL('/events', location.href),
    onError: (error) => note('error', error.message),
  })
  port.onmessage = ({ data }: MessageEvent<WorkerOrder>) => client[data]()
  client.connection.on('change', ({ status }) => note('connection', status))
  const subscription = client.room({ roomId: 'lobby' }).subscribe({
    snapshot: ({ messages }) => note('snapshot', messages),
    message: ({ text, sentAt }) => note('message', [text, sentAt.getTime()]),
    gap: ({ reason }) => note('gap', reason),
  })
  await subscription.ready
  note('sent', (await client.send({ text: 'hi' })).text)
  const refusal: unknown = await client.send({ text: 'spam' }).catch((error: unknown) => error)
  if (client.send.isError(refusal) && refusal.code === 'muted') note('refused', refusal.data.until.getTime())
  const run = client.count({ to: 2 })
  for await (const event of run) note('number', event.data)
  note('output', await run.output)
  note('globals', [typeof scope.window, typeof scope.document])
}

const begin = ({ data }: MessageEvent<WorkerRequest>) => void useClient(data)
scope.onmessage = begin
scope.onconnect = ({ ports: [page] }) => {
  if (page) page.onmessage = begin
}

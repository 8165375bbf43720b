import type { WorkerNote, WorkerOrder, WorkerRequest } from './worker-client.js'

export type WorkerKind = 'dedicated worker' | 'shared worker' | 'service worker'

/** What the tests of workers call in their page. */
export interface WorkerPage {
  /** What the client in the worker noted so far. */
  readonly notes: readonly WorkerNote[]
  /** Starts a worker with a client. */
  start(kind: WorkerKind, transport: WorkerRequest['transport']): Promise<void>
  /** Has the client in the worker do something. */
  order(what: WorkerOrder): void
}

const script = '/worker-client.js'
const notes: WorkerNote[] = []
const { port1, port2 } = new MessageChannel()
port1.onmessage = ({ data }: MessageEvent<WorkerNote>) => notes.push(data)

async function start(kind: WorkerKind, transport: WorkerRequest['transport']): Promise<void> {
  const request: WorkerRequest = { transport, port: port2 }
  if (kind === 'dedicated worker') new Worker(script, { type: 'module' }).postMessage(request, [port2])
  else if (kind === 'shared worker')
    new SharedWorker(script, { type: 'module' }).port.postMessage(request, [port2])
  else {
    await navigator.serviceWorker.register(script, { type: 'module' })
    const { active } = await navigator.serviceWorker.ready
    active?.postMessage(request, [port2])
  }
}

const order = (what: WorkerOrder) => port1.postMessage(what)
const page: WorkerPage = { notes, start, order }
Object.assign(globalThis, page)

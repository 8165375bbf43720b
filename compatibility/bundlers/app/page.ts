import { type Client, createClient } from '@tidings/client'
import { contract } from './contract.js'
import type { Report } from './report.js'

const scripts = () =>
  performance
    .getEntriesByType('resource')
    .map(({ name }) => new URL(name).pathname)
    .filter((path) => path.endsWith('.js'))

/** Follows a topic until a message that it sends itself, which arrives as a `Date` where the contract says so. */
async function followRoom(client: Client<typeof contract>, text: string): Promise<unknown[]> {
  const received: unknown[] = []
  for await (const event of client.room({ roomId: document.title })) {
    if (event.type === 'snapshot') {
      received.push(event.data.messages.length)
      const { sentAt } = await client.send({ roomId: document.title, text })
      received.push(sentAt instanceof Date)
    }
    if (event.type !== 'message') continue
    received.push(event.data.text, event.data.sentAt instanceof Date)
    break
  }
  return received
}

async function runStream(client: Client<typeof contract>): Promise<unknown[]> {
  const run = client.complete({ prompt: 'to be' })
  const received: unknown[] = []
  for await (const event of run) received.push(event.data)
  received.push(await run.output)
  return received
}

async function refusal(client: Client<typeof contract>): Promise<unknown> {
  const error: unknown = await client.send({ roomId: '', text: 'spam' }).catch((reason: unknown) => reason)
  return client.send.isError(error) && error.code === 'muted' ? error.data.until.getTime() : error
}

async function useClients(): Promise<Report> {
  const client = createClient(contract, { url: '/events' })
  const received = [
    ...(await followRoom(client, 'alone')),
    ...(await runStream(client)),
    await refusal(client),
  ]
  client.close()
  const before = scripts()

  const shared = createClient(contract, { url: '/events', share: true })
  const receivedShared = await followRoom(shared, 'shared')
  const { held = [] } = await navigator.locks.query()
  shared.close()
  const scriptsToShare = scripts().filter((path) => !before.includes(path))
  return { received, scripts: before, receivedShared, scriptsToShare, isShared: held.length > 0 }
}

Object.assign(globalThis, { report: useClients() })

import { createClient } from '../src/index.js'
import { createClient as createNativeClient } from '../src/native.js'
import { contract } from './contract.js'

/** What the test in Chromium runs in its page: everything a client does, with one way to subscribe or another. */
async function useClient(transport: 'its own' | 'the default'): Promise<unknown[]> {
  const create = transport === 'its own' ? createNativeClient : createClient
  const client = create(contract, { url: '/events', lingerMs: 0 })
  const got: unknown[] = []
  for await (const event of client.room({ roomId: 'lobby' })) {
    if (event.type === 'snapshot') {
      got.push(event.data)
      void client.send({ text: 'hi' })
    }
    if (event.type !== 'message') continue
    got.push(event.data.text, event.data.sentAt instanceof Date)
    break
  }
  const run = client.count({ to: 2 })
  for await (const event of run) got.push(event.data)
  got.push(await run.output, client.connection.state)
  const refusal: unknown = await client.send({ text: 'spam' }).catch((error: unknown) => error)
  if (client.send.isError(refusal) && refusal.code === 'muted') got.push(refusal.data.until.getTime())
  client.close()
  return got
}

Object.assign(globalThis, { useClient })

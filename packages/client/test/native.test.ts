import { EventSource } from 'eventsource'
import { describe, expect, it } from 'vitest'
import { createClient } from '../src/native.js'
import { createClient as createNodeClient } from '../src/native-node.js'
import { contract } from './contract.js'
import { startServer } from './harness.js'

describe('the native client', () => {
  it('subscribes with a given EventSource', async () => {
    const opened: string[] = []
    class Watched extends EventSource {
      constructor(url: string, init?: { withCredentials?: boolean }) {
        super(url, init)
        opened.push(`${url} ${init?.withCredentials}`)
      }
    }
    const { url } = await startServer({ room: { snapshot: ({ params }) => ({ messages: [params.roomId] }) } })
    using client = createClient(contract, { url, EventSource: Watched, credentials: 'include' })
    for await (const event of client.room({ roomId: 'lobby' })) {
      expect(event).toMatchObject({ type: 'snapshot', data: { messages: ['lobby'] } })
      break
    }
    expect(opened).toEqual([`${url} true`])
  })

  it('throws when there is no EventSource', () => {
    expect(globalThis.EventSource).toBeUndefined()
    expect(() => createClient(contract, { url: 'http://localhost' })).toThrow(
      "createClient: EventSource is not available here. Give one, or use createClient from '@tidings/client'",
    )
  })

  it('subscribes in Node with the EventSource of the package eventsource', async () => {
    const { url } = await startServer({ room: { snapshot: ({ params }) => ({ messages: [params.roomId] }) } })
    using client = createNodeClient(contract, { url })
    for await (const event of client.room({ roomId: 'lobby' })) {
      expect(event).toMatchObject({ type: 'snapshot', data: { messages: ['lobby'] } })
      break
    }
  })

  it('refuses headers', () => {
    const options = { url: 'http://localhost', headers: { a: 'b' }, EventSource }
    expect(() => createClient(contract, options)).toThrow('cannot send headers')
  })
})

import { until } from '@tidings/test-kit'
import { EventSource } from 'eventsource'
import { describe, expect, it } from 'vitest'
import { createClient as createDefaultClient } from '../src/index.js'
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

  it('says what to use instead of an EventSource without ids, as workerd has', async () => {
    class WithoutIds extends EventSource {
      override dispatchEvent(event: Event) {
        if (event instanceof MessageEvent) Object.defineProperty(event, 'lastEventId', { value: '' })
        return super.dispatchEvent(event)
      }
    }
    const { url, tidings } = await startServer()
    const problem = {
      code: 'invalid_options',
      message: expect.stringContaining('have no id. Use '),
    }
    for (const create of [createClient, createDefaultClient]) {
      using client = create(contract, { url, EventSource: WithoutIds })
      const refusals: unknown[] = []
      client
        .room({ roomId: 'lobby' })
        .subscribe({ snapshot: () => {}, error: (error) => refusals.push(error) })
      await until(() => refusals.length === 1, 'the snapshot had no id')
      expect([refusals, client.connection.state]).toMatchObject([[problem], { status: 'closed', problem }])
      const { ready } = client.ticks().subscribe({ tick: () => {}, error: (error) => refusals.push(error) })
      await ready
      await tidings.emit.ticks().tick(1)
      await until(() => refusals.length === 2, 'the event had no id')
      expect([refusals[1], client.connection.state]).toMatchObject([problem, { status: 'closed', problem }])
    }
  })

  it('refuses headers', () => {
    const options = { url: 'http://localhost', headers: { a: 'b' }, EventSource }
    expect(() => createClient(contract, options)).toThrow('cannot send headers')
  })
})

import { onTestFinished } from 'vitest'
import type { ServerOptions } from '../../src/index.js'
import { createTestServer, type TestServerOptions } from '../../src/testing.js'
import { contract } from './contract.js'

type Options = Partial<TestServerOptions<string | null>>

/** A test server whose messages are kept, and which is closed at the end of the test without a look at its errors. */
export function startServer(options: Options = {}, lingerMs = 5_000) {
  const messages: string[] = []
  const signals: AbortSignal[] = []
  let sent = 0
  const server = createTestServer(
    contract,
    { context: ({ headers }) => headers.get('authorization'), ...options } as ServerOptions<string | null>,
    {
      room: {
        authorize: ({ params, context }) => params.roomId !== 'staff' || context !== null,
        snapshot: () => ({ messages: [...messages] }),
      },
      send: async ({ input, emit, fail, signal }) => {
        if (input.text === 'spam') throw fail('muted', { until: new Date(0) })
        if (input.text === 'bug') throw new Error('the database is down')
        if (input.text === 'wait') {
          signals.push(signal)
          await new Promise((resolve) => signal.addEventListener('abort', resolve))
        }
        if (input.text === 'stuck') await new Promise(() => {})
        if (input.text === 'slow') await new Promise((resolve) => setTimeout(resolve, 3_000))
        sent += 1
        messages.push(input.text)
        const sentAt = new Date(1_000)
        await emit.room({ roomId: input.roomId }).message({ text: input.text, sentAt })
        return { sentAt }
      },
      count: {
        lingerMs,
        keepMs: 60_000,
        run: async function* ({ input, signal }) {
          signals.push(signal)
          for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
          if (input.to === 0) await new Promise((resolve) => signal.addEventListener('abort', resolve))
          return { total: input.to }
        },
      },
    },
  )
  onTestFinished(() => server.close().catch(() => {}))
  return { server, messages, signals, sent: () => sent }
}

import { createServer, type Tidings } from '@tidings/server'
import { contract } from './contract.js'

/**
 * Creates the server that every app mounts. It needs no runtime in particular.
 *
 * By default, heartbeats are further apart than the suite waits: a write to a client that has left would hide a host that
 * does not notice.
 */
export function createTidings(heartbeatMs = 60_000): Tidings<typeof contract> {
  const messages = new Map<string, string[]>()
  const left: string[] = []
  let lastPiece = 0
  const tidings: Tidings<typeof contract> = createServer(
    contract,
    {
      context: ({ headers, address }) => ({ user: headers.get('authorization') ?? 'anonymous', address }),
      principal: ({ user }) => user,
      history: { size: 16 },
      heartbeatMs,
      retryMs: 1,
      limits: { connectionsPerPrincipal: 3, bodyBytes: 100_000 },
    },
    {
      room: {
        authorize: ({ params }) => params.roomId !== 'staff',
        snapshot: ({ params }) => ({ messages: messages.get(params.roomId) ?? [] }),
      },
      send: async ({ input: { roomId, text }, emit, fail }) => {
        if (text === 'spam') throw fail('muted', { until: new Date(60_000) })
        const message = { text, sentAt: new Date(0) }
        messages.set(roomId, [...(messages.get(roomId) ?? []), text])
        await emit.room({ roomId }).message(message)
        return message
      },
      count: {
        lingerMs: 100,
        run: async ({ input: { to, hold }, emit, signal }) => {
          for (let n = 1; n <= to; n += 1) await emit.number(n)
          if (hold !== undefined) {
            await new Promise((resolve) => signal.addEventListener('abort', resolve))
            left.push(hold)
          }
          return { total: to, at: new Date(0) }
        },
      },
      control: {
        stats: () => tidings.stats(),
        caller: ({ context }) => context,
        left: () => left,
        flood: async ({ input: { pieces }, emit }) => {
          const padding = 'x'.repeat(64 * 1024)
          for (let count = 0; count < pieces; count += 1) {
            lastPiece += 1
            await emit.flood().piece({ n: lastPiece, padding })
          }
          return { last: lastPiece }
        },
        disconnect: async ({ context }) => {
          await tidings.disconnect({ principal: context.user })
        },
        shutDown: () => {
          // Closing waits for this command.
          setTimeout(() => tidings.close({ drainMs: 1_000 }))
        },
      },
    },
  )
  return tidings
}

import { TidingsError } from '@tidings/core'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { listen } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'
import { contract } from './contracts/chat.js'

export { contract }

/**
 * Starts a server of the contract that the commands about contracts read. Returns its URL. `live/chat.ts` is a server whose
 * events and runs a test controls.
 */
export async function startServer({
  describe = true,
  path = '/events',
  token,
}: {
  describe?: boolean
  path?: string
  token?: string
} = {}) {
  const context = ({ headers }: { headers: Headers | { get(name: string): string | null } }) => {
    if (token !== undefined && headers.get('authorization') !== `Bearer ${token}`) {
      throw new TidingsError({ code: 'unauthorized', message: 'Send a token' })
    }
    return {}
  }
  const tidings = createServer(
    contract,
    { context, describe },
    {
      chat: {
        room: { snapshot: () => ({ messages: [] }) },
        send: ({ fail }) => {
          throw fail('muted', { until: new Date(0) })
        },
      },
      // biome-ignore lint/correctness/useYield: the run ends at once
      complete: async function* () {
        return { tokens: 0 }
      },
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const { origin } = await listen(nodeHandler(tidings, { path }))
  return `${origin}${path}`
}

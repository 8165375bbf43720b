import { extname } from 'node:path'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { listen } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'
import { contract } from './app/contract.js'

const types: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.map': 'application/json',
}

/** Serves files, and a server of the contract below `/events`, until the end of the test. Returns the origin. */
export async function serve(files: ReadonlyMap<string, string>): Promise<string> {
  const tidings = createServer(contract, {
    room: { snapshot: () => ({ messages: [] }) },
    send: async ({ input: { roomId, text }, emit, fail }) => {
      if (text === 'spam') throw fail('muted', { until: new Date(7) })
      const message = { text, sentAt: new Date(5) }
      await emit.room({ roomId }).message(message)
      return message
    },
    complete: async function* ({ input }) {
      const words = input.prompt.split(' ')
      for (const word of words) yield { type: 'token', data: word }
      return { tokens: words.length }
    },
  })
  onTestFinished(() => tidings.close())
  const handler = nodeHandler(tidings)
  const { origin } = await listen((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost')
    if (pathname.startsWith('/events')) return handler(request, response)
    const path = pathname === '/' ? 'index.html' : pathname.slice(1)
    const content = files.get(path)
    if (content === undefined) return response.writeHead(404).end()
    response.writeHead(200, { 'content-type': types[extname(path)] ?? 'text/plain' }).end(content)
  })
  return origin
}

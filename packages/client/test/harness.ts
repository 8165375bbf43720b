import type { RequestListener } from 'node:http'
import type { TidingsError } from '@tidings/core'
import { createServer as createTidings, type ServerOptions } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen, until } from '@tidings/test-kit'
import express from 'express'
import { onTestFinished } from 'vitest'
import { type ClientOptions, createClient, type ErrorContext } from '../src/index.js'
import { contract } from './contract.js'

type HandlersOf = Parameters<typeof createTidings<typeof contract, string | null>>[2]

/** The test contract's server, at `/events` of a port; what is not handed in answers plainly. */
export async function startServer(
  handlers: Partial<HandlersOf> = {},
  options: Partial<ServerOptions<string | null>> & { port?: number; before?: RequestListener } = {},
) {
  const { port, before, ...given } = options
  const tidings = createTidings(
    contract,
    { context: ({ headers }) => headers.get('authorization'), retryMs: 1, ...given },
    {
      room: { snapshot: () => ({ messages: [] }) },
      send: ({ input }) => ({ text: input.text, sentAt: new Date(0) }),
      ping: () => {},
      count: async function* ({ input }) {
        for (let n = 1; n <= input.to; n += 1) yield { type: 'number', data: n }
        return { total: input.to }
      },
      ...handlers,
    },
  )
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const requests: { method: string; url: string; authorization: string | undefined }[] = []
  const app = express()
  app.use((request, response, next) => {
    const { authorization } = request.headers
    requests.push({ method: request.method, url: request.originalUrl, authorization })
    before?.(request, response)
    if (!response.headersSent) next()
  })
  app.use('/events', expressHandler(tidings))
  const http = await listen(app, port)
  return { tidings, requests, app, ...http, url: `${http.origin}/events` }
}

/** A client of the test contract that reconnects fast, and is closed when the test is over. */
export function connect(url: string, options: Partial<ClientOptions> = {}) {
  const errors: TidingsError[] = []
  /** The errors, each with its context. */
  const reports: [TidingsError, ErrorContext][] = []
  const client = createClient(contract, {
    url,
    reconnect: { minMs: 1, maxMs: 20 },
    lingerMs: 20,
    onError: (error, at) => {
      errors.push(error)
      reports.push([error, at])
    },
    ...options,
  })
  onTestFinished(() => client.close())
  const state = () => client.connection.state
  const status = () => state().status
  const isOpen = () => until(() => status() === 'open', 'the client was connected')
  return { client, errors, reports, state, status, isOpen }
}

import { createClient } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import { onTestFinished } from 'vitest'
import { contract } from '../apps/contract.js'
import type { RunningHost } from './host.js'

export type HostClient = ReturnType<typeof connect>

/** Creates a client that is closed when the test is over. Errors that no caller receives are in `errors`. */
export function connect(host: RunningHost, user: string, origin = host.origin) {
  const errors: TidingsError[] = []
  const client = createClient(contract, {
    url: `${origin}/events`,
    headers: { authorization: user },
    reconnect: { minMs: 1, maxMs: 100 },
    lingerMs: 1,
    onError: (error) => errors.push(error),
    ...(host.fetch ? { fetch: host.fetch } : {}),
  })
  onTestFinished(() => client.close())
  return Object.assign(client, { errors })
}

/** Subscribes to a room, and records what its subscriber receives. */
export function record(client: HostClient, roomId: string) {
  const received: string[] = []
  const room = client.room({ roomId })
  const subscription = room.subscribe({
    snapshot: ({ messages }) => received.push(`snapshot ${messages.join()}`),
    message: ({ text }) => received.push(text),
    gap: ({ reason }) => received.push(`gap ${reason}`),
    error: ({ code }) => received.push(`error ${code}`),
  })
  return { received, subscription }
}

/** Makes a request as a program without the client would. */
export async function request(host: RunningHost, path: string, init: RequestInit & { duplex?: 'half' } = {}) {
  const response = await (host.fetch ?? fetch)(`${host.origin}/events${path}`, init)
  const text = await response.text()
  return {
    status: response.status,
    headers: response.headers,
    body: text.startsWith('{') ? JSON.parse(text) : text,
  }
}

/** The options of a request that posts JSON. */
export function json(body: unknown, headers: Record<string, string> = {}) {
  return {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: typeof body === 'string' ? body : JSON.stringify(body),
  }
}

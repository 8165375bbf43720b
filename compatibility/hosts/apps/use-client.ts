import { createClient } from '@tidings/client'
import { contract } from './contract.js'

/** What a client saw. */
export interface Seen {
  readonly received: readonly string[]
  readonly sent: unknown
  readonly refused: unknown
  readonly counted: readonly number[]
  readonly output: unknown
  readonly errors: readonly string[]
}

/**
 * Uses a client in whatever runtime this runs in. A request to `cut` resolves when all connections were cut and two
 * messages were sent meanwhile.
 */
export async function useClient(url: string, cut: string): Promise<Seen> {
  const errors: string[] = []
  const client = createClient(contract, {
    url,
    headers: { authorization: 'ada' },
    reconnect: { minMs: 1, maxMs: 100 },
    onError: (error) => errors.push(String(error)),
  })
  const received: string[] = []
  const reached = new Map<string, () => void>()
  const until = (text: string) => new Promise<void>((resolve) => reached.set(text, resolve))
  const add = (text: string) => {
    received.push(text)
    reached.get(text)?.()
  }
  const [before, away, after] = [until('before'), until('away'), until('after')]
  const subscription = client.room({ roomId: 'client' }).subscribe({
    snapshot: ({ messages }) => add(`snapshot ${messages.join()}`),
    message: ({ text }) => add(text),
    gap: ({ reason }) => add(`gap ${reason}`),
  })
  await subscription.ready
  const sent = await client.send({ roomId: 'client', text: 'before' })
  await before
  await fetch(cut, { method: 'POST' })
  await away
  await client.send({ roomId: 'client', text: 'after' })
  await after

  const refused = await client.send({ roomId: 'client', text: 'spam' }).catch((error: unknown) => {
    if (!client.send.isError(error) || error.code !== 'muted') throw error
    return [error.code, error.status, error.data.until.getTime()]
  })
  const run = client.count({ to: 3 })
  const counted: number[] = []
  for await (const event of run) counted.push(event.data)
  const output = await run.output
  client.close()
  return { received, sent, refused, counted, output, errors }
}

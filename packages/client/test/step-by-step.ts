import type { Client } from '../src/index.js'
import type { contract } from './contract.js'

/** What a client has seen that went step by step. */
export interface Steps {
  /** When each tick arrived, in milliseconds since the epoch. */
  readonly arrivals: readonly number[]
  readonly numbers: readonly number[]
  readonly total: number
  /** What became of the connection until the last tick was there. */
  readonly states: readonly string[]
}

/**
 * Follows ticks up to the last, and then a stream of three numbers, in Node or in a page, and sends a command for each that
 * has arrived. Whoever waits for that before going on knows that nothing on the way held it back.
 */
export async function goStepByStep(
  client: Client<typeof contract>,
  name: string,
  last: number,
): Promise<Steps> {
  const arrivals: number[] = []
  const numbers: number[] = []
  const states: string[] = []
  const tell = async (what: string, n: number) => {
    const text = `${name} ${what} ${n}`
    const { text: heard } = await client.send({ text })
    if (heard !== text) throw new Error(`${text} came back as ${heard}`)
  }
  const stop = client.connection.on('change', ({ status }) => states.push(status))
  for await (const event of client.ticks()) {
    if (event.type !== 'tick') throw new Error(`missed some: ${event.data.reason}`)
    arrivals.push(performance.timeOrigin + performance.now())
    await tell('tick', event.data)
    if (event.data === last) break
  }
  stop()
  const run = client.count({ to: 3 })
  for await (const { data } of run) {
    numbers.push(data)
    await tell('number', data)
  }
  const { total } = await run.output
  client.close()
  return { arrivals, numbers, total, states }
}

// The script of the page in Chromium that receives events: see chromium-client.ts.
import { type ClientName, clients } from './clients.js'
import { Receiver } from './receiver.js'

let receiver = new Receiver(1)

/** What the benchmark calls in the page. */
export const commands = {
  async start({ name, topics }: { name: ClientName; topics: number }): Promise<void> {
    receiver = new Receiver(topics)
    await clients[name].start({ url: location.origin, topics, EventSource, onEvent: receiver.onEvent })
  },
  receive: (count: number): Promise<void> => receiver.receive(count),
  outOfOrder: (): number => receiver.outOfOrder,
}

Object.assign(globalThis, { commands })

// A server in a process of its own, whose memory can be looked at: see stalled.test.ts.
import { createServer as createHttp } from 'node:http'
import type { AddressInfo } from 'node:net'
import { channel, defineContract } from '@tidings/core'
import * as z from 'zod'
import { createServer } from '../src/index.js'
import { nodeHandler } from '../src/node.js'

export interface StalledServerReport {
  readonly rss: number
  /** The most it was since the last report. */
  readonly peakRss: number
  readonly lagging: number
}

const tidings = createServer(
  defineContract({ feed: channel({ events: { item: z.object({ n: z.number(), text: z.string() }) } }) }),
  {},
)
const server = createHttp(nodeHandler(tidings))
server.listen(0, '127.0.0.1', () => process.send?.((server.address() as AddressInfo).port))

const text = 'x'.repeat(1_000)
let emitted = 0
let peakRss = 0
process.on('message', async (events: number) => {
  for (let n = 1; n <= events; n += 1) {
    emitted += 1
    void tidings.emit.feed().item({ n: emitted, text })
    if (n % 20 === 0) await new Promise((resolve) => setImmediate(resolve))
    if (n % 100 === 0) peakRss = Math.max(peakRss, process.memoryUsage.rss())
  }
  globalThis.gc?.()
  const rss = process.memoryUsage.rss()
  const report: StalledServerReport = {
    rss,
    peakRss: Math.max(rss, peakRss),
    lagging: tidings.stats().lagging,
  }
  peakRss = 0
  process.send?.(report)
})
process.on('disconnect', () => process.exit())

// One node of a service, in a process of its own that can be killed: see chaos.test.ts.
import { createServer as createHttp } from 'node:http'
import { setTimeout as pause } from 'node:timers/promises'
import { createServer } from '@tidings/server'
import { nodeHandler } from '@tidings/server/node'
import { redisBus } from '@tidings/server/redis'
import { chaosContract, type FromNode, type ToNode } from './contract.js'

const [port, redisUrl = '', by = '', everyMs] = process.argv.slice(2)
const tell = (message: FromNode) => process.send?.(message)

const bus = redisBus({ url: redisUrl, timeoutMs: 1_000 })
const tidings = createServer(
  chaosContract,
  { bus, retryMs: 100, history: { size: 2_000, ms: 60_000 }, heartbeatMs: 1_000 },
  {
    count: async function* ({ input: { name, length } }) {
      tell({ type: 'ran', by, name })
      for (let n = 1; n <= length; n += 1) {
        yield { type: 'step' as const, data: { n } }
        await pause(20)
      }
      return { count: length }
    },
  },
)
const http = createHttp(nodeHandler(tidings, { path: '/events' }))
http.listen(Number(port), '127.0.0.1', () => tell({ type: 'ready' }))

const counts = new Map<string, number>()
let emitting: NodeJS.Timeout | undefined
let pending = 0

function emit(topic: string): void {
  const n = (counts.get(topic) ?? 0) + 1
  counts.set(topic, n)
  pending += 1
  tidings.emit
    .feed({ name: topic })
    .item({ by, n })
    .then(
      () => tell({ type: 'emitted', by, topic, n, ok: true }),
      () => tell({ type: 'emitted', by, topic, n, ok: false }),
    )
    .finally(() => {
      pending -= 1
    })
}

process.on('message', (message: ToNode) => {
  clearInterval(emitting)
  if (message.type === 'emit') {
    emitting = setInterval(() => {
      for (const topic of message.topics) emit(topic)
    }, Number(everyMs))
    return
  }
  const waiting = setInterval(() => {
    if (pending > 0) return
    clearInterval(waiting)
    tell({ type: 'quiet' })
  }, 10)
})
process.on('disconnect', () => process.exit())

// Emits to many topics without serving clients: see figures.ts.
import { createEmitter } from '@tidings/server'
import { redisBus } from '@tidings/server/redis'
import { serveParent } from '../lib/child.js'
import { roomContract, topicCount } from './room-contract.js'

const [redisUrl = ''] = process.argv.slice(2)
const { emit } = createEmitter(roomContract, { bus: redisBus({ url: redisUrl }) })
const text = 'x'.repeat(200)
let emitted = 0

const commands = {
  /**
   * Emits at a rate for a number of milliseconds, to each topic in turn. Resolves with the number of events.
   */
  emit: async ({ perSecond, ms }: { perSecond: number; ms: number }): Promise<number> => {
    const startedAt = performance.now()
    const start = emitted
    const emitting: Promise<void>[] = []
    for (let elapsed = 0; elapsed < ms; elapsed = performance.now() - startedAt) {
      const due = start + Math.floor((Math.min(elapsed, ms) * perSecond) / 1000)
      while (emitted < due) {
        emitted += 1
        emitting.push(emit.room({ roomId: String(emitted % topicCount) }).item({ text }))
      }
      await new Promise((resolve) => setTimeout(resolve, 1))
    }
    await Promise.all(emitting)
    return emitted - start
  },
}

export type EmitterCommands = typeof commands

serveParent(commands)

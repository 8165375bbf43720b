import { setMaxListeners } from 'node:events'
import { onTestFinished } from 'vitest'

interface Request {
  readonly granted: () => unknown
  readonly resolve: (value: unknown) => void
}

/** Web Locks as far as clients use them, for one test: each is granted to one at a time, in the order of the requests. */
export function fakeLocks() {
  const queues = new Map<string, Request[]>()
  const next = (name: string) => {
    const [first] = queues.get(name) ?? []
    if (!first) return
    void Promise.resolve(first.granted()).then((value) => {
      queues.get(name)?.shift()
      first.resolve(value)
      next(name)
    })
  }
  const locks = {
    request(name: string, { signal }: { signal: AbortSignal }, granted: () => unknown): Promise<unknown> {
      return new Promise((resolve, reject) => {
        setMaxListeners(0, signal)
        const queue = queues.get(name) ?? []
        queues.set(name, queue)
        const request = { granted, resolve }
        queue.push(request)
        signal.addEventListener('abort', () => {
          const at = queue.indexOf(request)
          // One that is held goes on until what holds it is over.
          if (at <= 0) return
          queue.splice(at, 1)
          reject(signal.reason)
        })
        if (queue.length === 1) queueMicrotask(() => next(name))
      })
    },
  }
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: { locks }, configurable: true })
  onTestFinished(() => {
    if (before) Object.defineProperty(globalThis, 'navigator', before)
    else Reflect.deleteProperty(globalThis, 'navigator')
  })
}

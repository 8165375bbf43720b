import { setMaxListeners } from 'node:events'
import { onTestFinished } from 'vitest'

interface Request {
  readonly clientId: string
  readonly granted: () => unknown
  readonly resolve: (value: unknown) => void
  readonly reject: (reason: unknown) => void
}

type Options = { readonly signal?: AbortSignal; readonly steal?: boolean }

/**
 * Web Locks as far as clients use them, for one test: each is granted to one at a time, in the order of the requests, unless
 * it is stolen. Each client gets locks of a page of its own.
 */
export function fakeLocks() {
  const queues = new Map<string, Request[]>()
  const next = (name: string) => {
    const [first] = queues.get(name) ?? []
    if (first) grant(name, first)
  }
  const grant = (name: string, request: Request) => {
    void Promise.resolve(request.granted()).then((value) => {
      const queue = queues.get(name) ?? []
      // Not any more, where it was stolen.
      if (queue[0] !== request) return
      queue.shift()
      request.resolve(value)
      next(name)
    })
  }
  const locksOf = (clientId: string) => ({
    request(name: string, { signal, steal = false }: Options, granted: () => unknown): Promise<unknown> {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) throw signal.reason
        if (signal) setMaxListeners(0, signal)
        const queue = queues.get(name) ?? []
        queues.set(name, queue)
        const request = { clientId, granted, resolve, reject }
        if (steal) {
          queue.shift()?.reject(new DOMException('The lock was stolen', 'AbortError'))
          queue.unshift(request)
        } else queue.push(request)
        signal?.addEventListener('abort', () => {
          const at = queue.indexOf(request)
          // One that is held goes on until what holds it is over.
          if (at <= 0) return
          queue.splice(at, 1)
          reject(signal.reason)
        })
        if (queue[0] === request) queueMicrotask(() => next(name))
      })
    },
    query: async () => ({
      held: [...queues].flatMap(([name, [first]]) => (first ? [{ name, clientId: first.clientId }] : [])),
    }),
  })
  let pages = 0
  const navigator = {
    get locks() {
      pages += 1
      return locksOf(`page ${pages}`)
    },
  }
  const before = Object.getOwnPropertyDescriptor(globalThis, 'navigator')
  Object.defineProperty(globalThis, 'navigator', { value: navigator, configurable: true })
  onTestFinished(() => {
    if (before) Object.defineProperty(globalThis, 'navigator', before)
    else Reflect.deleteProperty(globalThis, 'navigator')
  })
  return {
    /** The names of the locks that are held. */
    names: () => [...queues].flatMap(([name, queue]) => (queue.length > 0 ? [name] : [])),
    /** Takes a lock from the tab that holds it, and gives it to the next. */
    steal: (name: string) => locksOf('page 0').request(name, { steal: true }, () => undefined),
  }
}

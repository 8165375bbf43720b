import { performance } from 'node:perf_hooks'
import { createContext, runInContext } from 'node:vm'
import { bundle } from './bundle.js'

/** What browsers and edge runtimes have in common besides the language, timers and clocks. */
const webGlobals = {
  AbortController,
  AbortSignal,
  DOMException,
  Event,
  EventTarget,
  Headers,
  MessageChannel,
  TextDecoder,
  TextEncoder,
  URL,
  URLSearchParams,
  atob,
  btoa,
  queueMicrotask,
}

export interface BareRuntimeOptions {
  /** Names of globals that the runtime lacks. */
  readonly without: readonly string[]
}

/**
 * Runs a module of this folder in a realm with the globals of the web, and returns its exports. Timers are numbers.
 *
 * As in Cloudflare Workers, timers and random values throw while the module loads and clocks are at 0; later, clocks
 * stand still for long.
 */
export async function loadBare<Exports>(entry: string, { without }: BareRuntimeOptions): Promise<Exports> {
  let isLoading = true
  const requireRequest = () => {
    if (isLoading) throw new Error('Disallowed operation called within global scope')
  }
  const clock = () => (isLoading ? 0 : Math.floor(Date.now() / 100) * 100)
  const realm = createContext({
    ...webGlobals,
    ...numericTimers(requireRequest),
    crypto: {
      getRandomValues: (bytes: Uint8Array<ArrayBuffer>) => {
        requireRequest()
        return crypto.getRandomValues(bytes)
      },
      randomUUID: () => {
        requireRequest()
        return crypto.randomUUID()
      },
      subtle: crypto.subtle,
    },
    performance: { now: clock, timeOrigin: performance.timeOrigin },
    clock,
    ...Object.fromEntries(without.map((name) => [name, undefined])),
  })
  runInContext('Date.now = clock; var clock', realm)
  for (const name of without) runInContext(`delete globalThis.${name}`, realm)
  runInContext(await bundle(entry, 'loaded'), realm)
  isLoading = false
  return (realm as { loaded: Exports }).loaded
}

/** Returns the timers of browsers, whose ids are numbers. */
function numericTimers(requireRequest: () => void) {
  const timers = new Map<number, NodeJS.Timeout>()
  let count = 0
  const add = (timer: NodeJS.Timeout) => {
    count += 1
    timers.set(count, timer)
    return count
  }
  const clear = (id: number | undefined) => {
    clearTimeout(timers.get(Number(id)))
    timers.delete(Number(id))
  }
  return {
    setTimeout: (task: () => void, ms: number) => {
      requireRequest()
      return add(setTimeout(task, ms))
    },
    setInterval: (task: () => void, ms: number) => {
      requireRequest()
      return add(setInterval(task, ms))
    },
    clearTimeout: clear,
    clearInterval: clear,
  }
}

import { VirtualTimers } from './virtual-timers.js'

/**
 * Replaces a property of an object. Returns the function that puts the former one back, unless the property was
 * replaced again.
 */
export function replace(target: object, name: string, value: unknown): () => void {
  const former = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true })
  return () => {
    if (Reflect.get(target, name) !== value) return
    if (former) Object.defineProperty(target, name, former)
    else Reflect.deleteProperty(target, name)
  }
}

/** Replaces the timers and the time of this process by virtual ones. Returns these, and what restores the former. */
export function installVirtualTimers(): { readonly timers: VirtualTimers; restore(): void } {
  const { setTimeout, clearTimeout, clearInterval, performance } = globalThis
  const now = performance.now.bind(performance)
  const timers = new VirtualTimers({ setTimeout, clearTimeout: clearTimeout as never, now })
  const setter =
    (isInterval: boolean) =>
    (task: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      if (typeof task === 'function') return timers.set(() => task(...args), ms, isInterval)
      throw new TypeError(`The callback of a timer is ${String(task)}. Give a function`)
    }
  const clearer = (native: typeof clearTimeout) => (timer: unknown) => {
    if (!timers.clear(timer)) native(timer as never)
  }
  const virtualSetTimeout = Object.assign(setter(false), {
    // What `util.promisify(setTimeout)` returns.
    [Symbol.for('nodejs.util.promisify.custom')]: (ms: number, value: unknown) =>
      new Promise((resolve) => timers.set(() => resolve(value), ms, false)),
  })
  const restores = [
    replace(globalThis, 'setTimeout', virtualSetTimeout),
    replace(globalThis, 'setInterval', setter(true)),
    replace(globalThis, 'clearTimeout', clearer(clearTimeout)),
    replace(globalThis, 'clearInterval', clearer(clearInterval)),
    replace(globalThis, 'Date', movedDate(timers, globalThis.Date)),
    replace(performance, 'now', () => timers.now()),
  ]
  return {
    timers,
    restore() {
      for (const restore of restores) restore()
    },
  }
}

/** Returns a `Date` whose current time is ahead as the timers are. A date made by either is an instance of both. */
function movedDate(timers: VirtualTimers, Native: DateConstructor): DateConstructor {
  const now = () => Native.now() + Math.round(timers.offset)
  return new Proxy(Native, {
    apply: () => new Native(now()).toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}

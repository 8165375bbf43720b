import { VirtualTimers } from './virtual-timers.js'

/** What each replacement that was undone had replaced. */
const undone = new WeakMap<object, PropertyDescriptor | undefined>()

/**
 * Replaces a property of an object. Returns the function that undoes it, in any order with other replacements.
 *
 * One that other code replaced meanwhile stays in place, and that code may put `value` back afterwards.
 */
export function replace(target: object, name: string, value: object): () => void {
  const former = Object.getOwnPropertyDescriptor(target, name)
  Object.defineProperty(target, name, { value, configurable: true, writable: true, enumerable: true })
  return () => {
    undone.set(value, former)
    const current = (): object => Reflect.get(target, name)
    for (let each = current(); undone.has(each); each = current()) {
      const previous = undone.get(each)
      if (previous) Object.defineProperty(target, name, previous)
      else Reflect.deleteProperty(target, name)
    }
  }
}

/** Replaces the timers and the time of this process by virtual ones. Returns these, and what restores the former. */
export function installVirtualTimers(): { readonly timers: VirtualTimers; restore(): void } {
  const { setTimeout, setInterval, clearTimeout, clearInterval, performance } = globalThis
  const now = performance.now.bind(performance)
  const timers = new VirtualTimers({ setTimeout, clearTimeout: clearTimeout as never, now })
  let isInstalled = true
  const setter =
    (isInterval: boolean, native: typeof setTimeout) =>
    (task: (...args: unknown[]) => void, ms?: number, ...args: unknown[]) => {
      // Fake timers that were on at the end put these functions back when they are restored.
      if (!isInstalled) return native(task, ms, ...args)
      if (typeof task === 'function') return timers.set(() => task(...args), ms, isInterval)
      throw new TypeError(`The callback of a timer is ${String(task)}. Give a function`)
    }
  const clearer = (native: typeof clearTimeout) => (timer: unknown) => {
    if (!timers.clear(timer)) native(timer as never)
  }
  const set = setter(false, setTimeout)
  const virtualSetTimeout = Object.assign(set, {
    // What `util.promisify(setTimeout)` returns.
    [Symbol.for('nodejs.util.promisify.custom')]: (ms: number, value: unknown) =>
      new Promise((resolve) => set(() => resolve(value), ms)),
  })
  const restores = [
    replace(globalThis, 'setTimeout', virtualSetTimeout),
    replace(globalThis, 'setInterval', setter(true, setInterval as typeof setTimeout)),
    replace(globalThis, 'clearTimeout', clearer(clearTimeout)),
    replace(globalThis, 'clearInterval', clearer(clearInterval)),
    replace(globalThis, 'Date', movedDate(timers, globalThis.Date)),
    replace(performance, 'now', () => timers.now()),
  ]
  return {
    timers,
    restore() {
      isInstalled = false
      timers.moveBack()
      for (const restore of restores) restore()
    },
  }
}

/** Returns a `Date` whose current time is ahead as the timers are. A date made by either is an instance of both. */
function movedDate(timers: VirtualTimers, Native: DateConstructor): DateConstructor {
  // By the same clock as the timers: both move by what a test advances, and not by a millisecond less.
  const start = Native.now()
  const startedAt = timers.now()
  const now = () => start + Math.floor(timers.now() - startedAt)
  return new Proxy(Native, {
    apply: () => new Native(now()).toString(),
    construct: (target, args, newTarget) =>
      Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    get: (target, name) => (name === 'now' ? now : Reflect.get(target, name)),
  })
}

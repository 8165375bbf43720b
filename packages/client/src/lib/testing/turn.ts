interface Globals {
  setImmediate?(task: () => void): unknown
}

// Read once: fake timers stop time, and not the turns of the event loop.
const { setImmediate } = globalThis as Globals
const { MessageChannel } = globalThis

/** Resolves after the current turn of the event loop, when everything that it began has happened. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (setImmediate) {
      setImmediate(resolve)
      return
    }
    const { port1, port2 } = new MessageChannel()
    port1.onmessage = () => {
      port1.close()
      resolve()
    }
    port2.postMessage(null)
  })
}

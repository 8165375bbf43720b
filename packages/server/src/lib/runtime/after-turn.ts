/** What runtimes may have for a task after the current turn of the event loop, the fastest first. */
interface TurnGlobals {
  setImmediate?(task: () => void): unknown
  readonly MessageChannel?: new () => { readonly port1: Port; readonly port2: Port }
}

interface Port {
  onmessage: (() => void) | null
  postMessage(message: null): void
}

// Read once: a test that fakes timers stops time, and not the turns of the event loop.
const { setImmediate, MessageChannel } = globalThis as unknown as TurnGlobals

/** Calls a function after the current turn of the event loop, in the order of the calls. See decision 015. */
export function afterTurn(task: () => void): void {
  if (setImmediate) setImmediate(task)
  else if (MessageChannel) postTask(task, MessageChannel)
  else setTimeout(task, 0)
}

const tasks: (() => void)[] = []
let port: Port | undefined

/** Sends a message for each task. Browsers delay nested timers by at least 4 ms, and much more in a hidden page. */
function postTask(task: () => void, Channel: NonNullable<TurnGlobals['MessageChannel']>): void {
  if (!port) {
    // Created on first use, because some runtimes refuse it while a module loads.
    const { port1, port2 } = new Channel()
    port1.onmessage = () => tasks.shift()?.()
    port = port2
  }
  tasks.push(task)
  port.postMessage(null)
}

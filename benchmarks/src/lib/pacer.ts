import { createServer, type Server } from 'node:net'
import { listenOnFreePort } from './free-port.js'

/** How long a batch may take to reach every connection before it is given up, in milliseconds. */
const patienceMs = 20_000

/**
 * Limits how many events are under way to what a subject can take.
 *
 * The load generator connects to it and sends one byte for each batch that every subscriber has received.
 */
export class Pacer {
  readonly #server: Server
  #confirmed = 0
  #givenUp = 0
  #wake: (() => void) | undefined

  constructor() {
    this.#server = createServer((socket) => {
      socket.setNoDelay()
      socket.on('data', (bytes) => {
        this.#confirmed += bytes.length
        this.#wake?.()
      })
      socket.on('error', () => {})
    })
  }

  listen(): Promise<number> {
    return listenOnFreePort(this.#server)
  }

  /** The number of batches that were confirmed or given up. */
  get batches(): number {
    return this.#confirmed + this.#givenUp
  }

  /** Waits until a number of batches is confirmed. Resolves with `false` if one of them was given up. */
  async reached(batches: number): Promise<boolean> {
    let isComplete = true
    while (this.batches < batches) {
      let timer: NodeJS.Timeout | undefined
      const woken = await new Promise<boolean>((resolve) => {
        this.#wake = () => resolve(true)
        timer = setTimeout(() => resolve(false), patienceMs)
      })
      clearTimeout(timer)
      this.#wake = undefined
      if (woken) continue
      isComplete = false
      this.#givenUp += batches - this.batches
    }
    return isComplete
  }
}

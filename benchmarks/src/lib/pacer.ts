import { createServer, type Server } from 'node:net'
import { listenOnFreePort } from './free-port.js'

/** How long a burst may take to arrive everywhere before it is given up. */
const patienceMs = 20_000

/**
 * Tells the server what has arrived, so that it never has more on the way than a subject can take.
 *
 * The load generator connects to it, and sends one byte for each batch of events that every subscriber has received.
 */
export class Pacer {
  readonly #server: Server
  #confirmed = 0
  #given = 0
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

  /** How many batches are confirmed, or given up. */
  get batches(): number {
    return this.#confirmed + this.#given
  }

  /** Waits until so many batches are confirmed; `false` if one of them had to be given up. */
  async reached(batches: number): Promise<boolean> {
    let isWhole = true
    while (this.batches < batches) {
      let timer: NodeJS.Timeout | undefined
      const woken = await new Promise<boolean>((resolve) => {
        this.#wake = () => resolve(true)
        timer = setTimeout(() => resolve(false), patienceMs)
      })
      clearTimeout(timer)
      this.#wake = undefined
      if (woken) continue
      isWhole = false
      this.#given += batches - this.batches
    }
    return isWhole
  }
}

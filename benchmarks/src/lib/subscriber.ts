import { connect, type Socket } from 'node:net'
import type { ClientScript } from './client-script.js'
import { marker } from './feed-event.js'
import { Inspection } from './inspection.js'

const markerByte = marker.charCodeAt(0)

/** Shared by all subscribers of a process: the bytes of a read are counted before the next read. */
const buffer = Buffer.allocUnsafe(256 * 1024)

/** A TCP connection that follows a client's script and counts the events that it receives. */
export class Subscriber {
  /** The number of events since the last {@link restart}. */
  received = 0
  readonly inspection: Inspection | undefined
  readonly #script: ClientScript
  readonly #socket: Socket
  readonly #onEvents: (events: number) => void
  readonly #subscribed: Promise<void>
  #step = 0
  #greeting: string | undefined = ''
  #onReady: () => void = () => {}

  /** @param onEvents called with the number of events of each read */
  constructor(port: number, script: ClientScript, isInspected: boolean, onEvents: (events: number) => void) {
    this.#script = script
    this.#onEvents = onEvents
    this.inspection = isInspected ? new Inspection() : undefined
    this.#socket = connect({
      port,
      host: '127.0.0.1',
      noDelay: true,
      onread: { buffer, callback: (length) => this.#read(length) },
    })
    this.#subscribed = new Promise((resolve, reject) => {
      this.#onReady = resolve
      this.#socket.once('error', reject)
      this.#socket.once('close', () => reject(new Error('The server closed a connection')))
    })
    this.#subscribed.catch(() => {})
    this.#socket.write(script.opening, 'latin1')
  }

  /** Resolves when the connection is subscribed. */
  get subscribed(): Promise<void> {
    return this.#subscribed
  }

  restart(): void {
    this.received = 0
  }

  #read(length: number): boolean {
    if (this.#greeting !== undefined) this.#greet(buffer.toString('latin1', 0, length))
    else this.#count(length)
    return true
  }

  #count(length: number): void {
    const bytes = buffer.subarray(0, length)
    let events = 0
    for (let at = bytes.indexOf(markerByte); at !== -1; at = bytes.indexOf(markerByte, at + 1)) events += 1
    const { ping } = this.#script
    if (ping && length < 256 && bytes.includes(ping.when, 0, 'latin1'))
      this.#socket.write(ping.send, 'latin1')
    if (events === 0) return
    this.received += events
    this.inspection?.read(bytes)
    this.#onEvents(events)
  }

  #greet(text: string): void {
    this.#greeting += text
    const { steps, ready } = this.#script
    const step = steps[this.#step]
    if (step && this.#greeting?.includes(step.when)) {
      this.#step += 1
      this.#greeting = ''
      this.#socket.write(step.send, 'latin1')
    } else if (!step && this.#greeting?.includes(ready)) {
      if (!/^HTTP\/1\.1 (200|101) /.test(this.#greeting) && steps.length === 0) {
        this.#socket.destroy(new Error(`The server refused: ${this.#greeting}`))
        return
      }
      this.#greeting = undefined
      this.#onReady()
    }
  }
}

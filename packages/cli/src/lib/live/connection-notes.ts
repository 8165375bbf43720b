import type { Connection, ConnectionState } from '@tidings/client'
import { decodeSignal } from '@tidings/core/wire'
import type { Output } from '../output.js'
import { printable } from '../printable.js'
import type { Frame } from './frame-tap.js'

/** Notes on stderr what happens to a client's connection: that it was lost, and how it continues. */
export class ConnectionNotes {
  readonly #output: Output
  readonly #stop: () => void
  /** When the connection was lost, while it is. */
  #lostAt: number | undefined
  #resumedAfter: string | undefined
  #isClosed = false

  constructor(connection: Connection, output: Output) {
    this.#output = output
    this.#stop = connection.on('change', (state) => this.#onChange(state))
  }

  /** Called before the client handles a frame. */
  onFrame({ name, data }: Frame): void {
    // Without a cursor, a gap or a snapshot follows.
    if (name === '$subscribed') this.#resumedAfter = decodeSignal(name, data).cursor
  }

  close(): void {
    this.#isClosed = true
    this.#stop()
  }

  #onChange(state: ConnectionState): void {
    if (this.#isClosed) return
    const { noteColors } = this.#output
    if (state.status === 'waiting') {
      this.#lostAt ??= Date.now()
      this.#resumedAfter = undefined
      const wait = seconds(Math.max(0, state.retryAt - Date.now()))
      const attempt = `attempt ${state.attempt} in ${wait}`
      this.#output.note(noteColors.yellow(`${printable(state.problem.message)}. Reconnecting: ${attempt}`))
      return
    }
    if (state.status !== 'open' || this.#lostAt === undefined) return
    const after = seconds(Date.now() - this.#lostAt)
    this.#lostAt = undefined
    const how = this.#resumedAfter
      ? `, and resumed after ${this.#resumedAfter}: nothing was missed`
      : '. What was missed is announced as a gap'
    this.#output.note(noteColors.green(`Reconnected after ${after}${how}`))
  }
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`
}

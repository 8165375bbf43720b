import type { TidingsError } from '@tidings/core'
import { heartbeatFrame } from '@tidings/core/wire'
import type { Sink } from '../http/http.js'
import { Chunk } from '../log/chunk.js'
import type { Beating, Heartbeat } from './heartbeat.js'
import type { Tally } from './tally.js'

/** What shows every proxy on the way that a connection is alive. */
const heartbeatComment = new Chunk(heartbeatFrame)

/** How many bytes are written to a client that has no room for them before it is cut off. */
const maxInsistedBytes = 1024 * 1024

/** What an outlet needs of its server. */
export interface OutletHome {
  readonly heartbeat: Heartbeat
  readonly tally: Tally
  readonly options: { readonly heartbeatMs: number; readonly stallMs: number }
  /** What others may see of an error at some place; the rest of it is reported. */
  publicError(error: unknown, place: string): TidingsError
}

/** Whoever writes to an outlet. */
export interface OutletOwner {
  /** What goes out where it would be silent for too long. Defaults to a comment line. */
  readonly heartbeat?: Chunk | undefined
  /** Called at each beat, until the outlet is ended. */
  beat?(): void
  /** The outlet was cut: its client did not read, or writing to it has failed. */
  cut(reason: 'stalled' | 'failed', error?: unknown): void
}

/**
 * A sink that is looked after: it is never silent for too long, and cut when its client does not read, whether it is being
 * written to or was ended.
 */
export class Outlet implements Beating {
  readonly #home: OutletHome
  readonly #sink: Sink
  readonly #owner: OutletOwner
  #state: 'writable' | 'full' | 'ending' | 'closed' = 'writable'
  /** Counts of beats: when something was written last, and since when it has been full or ending. */
  #writtenBeat: number
  #waitingBeat = 0
  /** What was insisted on since the client had room last. */
  #insistedBytes = 0

  constructor(home: OutletHome, sink: Sink, owner: OutletOwner) {
    this.#home = home
    this.#sink = sink
    this.#owner = owner
    this.#writtenBeat = home.heartbeat.count
    home.heartbeat.add(this)
  }

  get isWritable(): boolean {
    return this.#state === 'writable'
  }

  get isFull(): boolean {
    return this.#state === 'full'
  }

  /** Writes, though it be full: last words, and what a run that does not wait has to say. */
  write(chunk: Chunk): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    const { heartbeat, tally } = this.#home
    tally.bytes += chunk.byteLength
    this.#writtenBeat = heartbeat.count
    let hasRoom = false
    try {
      hasRoom = this.#sink.write(chunk)
    } catch (error) {
      // Middleware that wraps a response may throw. That is the end of this one, and of no other.
      this.#cut('failed', error)
      return
    }
    if (!hasRoom && this.#state === 'writable') this.#wait('full')
  }

  /** Writes what cannot wait for a client that has no room. One that is insisted on for too much without reading is cut off. */
  insist(chunk: Chunk): void {
    if (this.isFull) this.#insistedBytes += chunk.byteLength
    if (this.#insistedBytes > maxInsistedBytes) this.#cut('stalled')
    else this.write(chunk)
  }

  /** Writes several so that they go out together. */
  together(write: () => void): void {
    this.#sink.cork()
    try {
      write()
    } finally {
      this.#sink.uncork()
    }
  }

  /** Says whether it was full. */
  drained(): boolean {
    if (this.#state !== 'full') return false
    this.#state = 'writable'
    this.#insistedBytes = 0
    return true
  }

  end(): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    this.#wait('ending')
    try {
      this.#sink.end()
    } catch (error) {
      this.#cut('failed', error)
    }
  }

  /** Cuts it off, with what its client has not read. */
  abort(): void {
    if (this.#state === 'closed') return
    this.closed()
    this.#sink.abort()
  }

  closed(): void {
    this.#state = 'closed'
    this.#home.heartbeat.remove(this)
  }

  beat(): void {
    if (this.#state !== 'ending') this.#owner.beat?.()
    const { heartbeat, options } = this.#home
    if (this.#state === 'writable') {
      if (heartbeat.isNearly(options.heartbeatMs, this.#writtenBeat)) {
        this.write(this.#owner.heartbeat ?? heartbeatComment)
      }
    } else if (this.#state !== 'closed' && heartbeat.isPast(options.stallMs, this.#waitingBeat)) {
      this.#cut('stalled')
    }
  }

  #wait(state: 'full' | 'ending'): void {
    this.#state = state
    this.#waitingBeat = this.#home.heartbeat.count
  }

  #cut(reason: 'stalled' | 'failed', error?: unknown): void {
    if (reason === 'stalled') this.#home.tally.stalled += 1
    this.abort()
    this.#owner.cut(reason, error)
  }
}

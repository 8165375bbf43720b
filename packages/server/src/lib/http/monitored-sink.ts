import type { TidingsError } from '@tidings/core'
import { heartbeatFrame } from '@tidings/core/wire'
import type { Sink } from './adapter.js'
import { Chunk } from './chunk.js'
import type { Counters } from './counters.js'
import type { Heartbeat, HeartbeatListener } from './heartbeat.js'

/** What shows every proxy on the way that a connection is alive. */
const heartbeatComment = new Chunk(heartbeatFrame)

/** How many bytes are written to a client that has no room for them before it is cut off. */
const maxOverfullBytes = 1024 * 1024

/** What an outlet needs of its server. */
export interface MonitoredSinkDeps {
  readonly heartbeat: Heartbeat
  readonly counters: Counters
  readonly options: { readonly heartbeatMs: number; readonly stallMs: number }
  /** What others may see of an error at some place; the rest of it is reported. */
  publicError(error: unknown, place: string): TidingsError
}

/** Whoever writes to an outlet. */
export interface MonitoredSinkCallbacks {
  /** What goes out where it would be silent for too long. Defaults to a comment line. */
  readonly heartbeat?: Chunk | undefined
  /** Called at each beat, until the outlet is ended. */
  onBeat?(): void
  /** The outlet was cut: its client did not read, or writing to it has failed. */
  onCut(reason: 'stalled' | 'failed', error?: unknown): void
}

/**
 * A sink that is looked after: it is never silent for too long, and cut when its client does not read, whether it is being
 * written to or was ended.
 */
export class MonitoredSink implements HeartbeatListener {
  readonly #deps: MonitoredSinkDeps
  readonly #sink: Sink
  readonly #callbacks: MonitoredSinkCallbacks
  #state: 'writable' | 'full' | 'ending' | 'closed' = 'writable'
  /** Counts of beats: when something was written last, and since when it has been full or ending. */
  #writtenBeat: number
  #waitingBeat = 0
  /** What was insisted on since the client had room last. */
  #overfullBytes = 0

  constructor(home: MonitoredSinkDeps, sink: Sink, owner: MonitoredSinkCallbacks) {
    this.#deps = home
    this.#sink = sink
    this.#callbacks = owner
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
    const { heartbeat, counters: tally } = this.#deps
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
  writeUnbuffered(chunk: Chunk): void {
    if (this.isFull) this.#overfullBytes += chunk.byteLength
    if (this.#overfullBytes > maxOverfullBytes) this.#cut('stalled')
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
  onDrained(): boolean {
    if (this.#state !== 'full') return false
    this.#state = 'writable'
    this.#overfullBytes = 0
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
    this.onClosed()
    this.#sink.abort()
  }

  onClosed(): void {
    this.#state = 'closed'
    this.#deps.heartbeat.remove(this)
  }

  onBeat(): void {
    if (this.#state !== 'ending') this.#callbacks.onBeat?.()
    const { heartbeat, options } = this.#deps
    if (this.#state === 'writable') {
      if (heartbeat.isNearly(options.heartbeatMs, this.#writtenBeat)) {
        this.write(this.#callbacks.heartbeat ?? heartbeatComment)
      }
    } else if (this.#state !== 'closed' && heartbeat.isPast(options.stallMs, this.#waitingBeat)) {
      this.#cut('stalled')
    }
  }

  #wait(state: 'full' | 'ending'): void {
    this.#state = state
    this.#waitingBeat = this.#deps.heartbeat.count
  }

  #cut(reason: 'stalled' | 'failed', error?: unknown): void {
    if (reason === 'stalled') this.#deps.counters.stalled += 1
    this.abort()
    this.#callbacks.onCut(reason, error)
  }
}

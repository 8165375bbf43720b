import type { TidingsError } from '@tidings/core'
import { heartbeatFrame } from '@tidings/core/wire'
import type { Sink } from './adapter.js'
import { Chunk } from './chunk.js'
import type { Counters } from './counters.js'
import type { Heartbeat, HeartbeatListener } from './heartbeat.js'

/** A comment line, which shows proxies that the connection is alive. */
const heartbeatComment = new Chunk(heartbeatFrame)

/** How many bytes may be written to a client without room before it is disconnected. */
const maxOverfullBytes = 1024 * 1024

export interface MonitoredSinkDeps {
  readonly heartbeat: Heartbeat
  readonly counters: Counters
  readonly options: { readonly heartbeatMs: number; readonly stallMs: number }
  /** Returns what clients may see of an error, and reports the rest. */
  publicError(error: unknown, place: string): TidingsError
}

export interface MonitoredSinkCallbacks {
  /** The chunk that is written after a silence. Defaults to a comment line. */
  readonly heartbeat?: Chunk | undefined
  /** Called at each beat until the sink is ended. */
  onBeat?(): void
  /** Called when the client was disconnected because it did not read, or a write failed. */
  onCut(reason: 'stalled' | 'failed', error?: unknown): void
}

/**
 * A sink with a heartbeat: it is never silent for too long, and a client that does not read is disconnected,
 * also after the sink was ended.
 */
export class MonitoredSink implements HeartbeatListener {
  readonly #deps: MonitoredSinkDeps
  readonly #sink: Sink
  readonly #callbacks: MonitoredSinkCallbacks
  #state: 'writable' | 'full' | 'ending' | 'closed' = 'writable'
  /** The beat of the last write. */
  #writtenBeat: number
  /** The beat since which the sink has been full or ending. */
  #waitingBeat = 0
  /** The bytes of {@link writeUnbuffered} since the client had room. */
  #overfullBytes = 0

  constructor(deps: MonitoredSinkDeps, sink: Sink, callbacks: MonitoredSinkCallbacks) {
    this.#deps = deps
    this.#sink = sink
    this.#callbacks = callbacks
    this.#writtenBeat = deps.heartbeat.count
    deps.heartbeat.add(this)
  }

  get isWritable(): boolean {
    return this.#state === 'writable'
  }

  get isFull(): boolean {
    return this.#state === 'full'
  }

  /**
   * Writes a chunk, even if the client has no room: a last frame, or the event of a stream that does not
   * wait.
   */
  write(chunk: Chunk): void {
    if (this.#state === 'ending' || this.#state === 'closed') return
    const { heartbeat, counters } = this.#deps
    counters.bytes += chunk.byteLength
    this.#writtenBeat = heartbeat.count
    let hasRoom = false
    try {
      hasRoom = this.#sink.write(chunk)
    } catch (error) {
      // Middleware that wraps a response may throw. That must end this response and no other.
      this.#cut('failed', error)
      return
    }
    if (!hasRoom && this.#state === 'writable') this.#wait('full')
  }

  /**
   * Writes a chunk that cannot wait until the client has room. A client that reads none of too many is
   * disconnected.
   */
  writeUnbuffered(chunk: Chunk): void {
    if (this.isFull) this.#overfullBytes += chunk.byteLength
    if (this.#overfullBytes > maxOverfullBytes) this.#cut('stalled')
    else this.write(chunk)
  }

  /** Sends the chunks that `write` writes together. */
  together(write: () => void): void {
    this.#sink.cork()
    try {
      write()
    } finally {
      this.#sink.uncork()
    }
  }

  /** Returns whether the sink was full. */
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

  /** Closes the connection, and discards what the client has not read. */
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

import { eventStreamContentType } from '@tidings/core/wire'

/** A frame of an event stream, as it travels. */
export interface Frame {
  readonly name: string
  readonly data: string
  /** The cursor after the event. Empty for a signal without a position. */
  readonly id: string
}

/** Receives what a tapped response carries. */
export interface FrameTap {
  /** Called with each frame, before the client handles it, and after the client has handled the one before. */
  onFrame?(frame: Frame): void
  /** Called with the size of each chunk. */
  onBytes?(bytes: number): void
  /** Resolves when another frame can be taken, so that output that is read slowly slows the server down. */
  ready?(): Promise<void> | undefined
}

type Fetch = typeof globalThis.fetch

/** The longest frame that is held back until its end has arrived. The client refuses longer ones by itself. */
const maxFrameBytes = 64 * 1024 * 1024

/**
 * Returns a `fetch` whose event streams give the client one frame at a time, and report each: while a handler of the
 * client runs, the last reported frame is the one that it handles.
 */
export function tappedFetch(fetch: Fetch, tap: FrameTap): Fetch {
  return async (input, init) => {
    const response = await fetch(input, init)
    const { body, status, headers } = response
    if (!body || !headers.get('content-type')?.startsWith(eventStreamContentType)) return response
    return new Response(frameByFrame(body, tap), { status, headers })
  }
}

function frameByFrame(body: ReadableStream<Uint8Array>, tap: FrameTap): ReadableStream {
  const reader = body.getReader()
  let pending: Buffer = Buffer.alloc(0)
  /** How much of it is known to hold no end of a frame. */
  let searched = 0
  const take = (): Buffer | undefined => {
    const end = pending.indexOf('\n\n', searched)
    if (end === -1 && pending.length <= maxFrameBytes) {
      searched = Math.max(0, pending.length - 1)
      return undefined
    }
    const frame = end === -1 ? pending : pending.subarray(0, end + 2)
    pending = pending.subarray(frame.length)
    searched = 0
    return frame
  }
  return new ReadableStream(
    {
      async pull(controller) {
        await tap.ready?.()
        for (let frame = take(); ; frame = take()) {
          if (frame) {
            const parsed = tap.onFrame && parseFrame(frame.toString())
            if (parsed) tap.onFrame?.(parsed)
            controller.enqueue(frame)
            return
          }
          const { value, done } = await reader.read()
          if (done) {
            controller.close()
            return
          }
          tap.onBytes?.(value.length)
          pending = pending.length === 0 ? Buffer.from(value) : Buffer.concat([pending, value])
        }
      },
      cancel: (reason) => reader.cancel(reason),
    },
    // The client's read is what asks for the next frame, so that it has handled the one before.
    { highWaterMark: 0 },
  )
}

/** Parses a frame that a Tidings server wrote: each field in one line. Returns undefined for a comment. */
function parseFrame(text: string): Frame | undefined {
  const fields: Record<string, string> = {}
  for (const line of text.split('\n')) {
    const colon = line.indexOf(': ')
    if (colon > 0) fields[line.slice(0, colon)] = line.slice(colon + 2)
  }
  const { event = 'message', data, id = '' } = fields
  return data === undefined ? undefined : { name: event, data, id }
}

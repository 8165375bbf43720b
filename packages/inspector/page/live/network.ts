/** An event or signal of the wire, as text. */
export interface Frame {
  readonly name: string
  readonly data: string
  /** The cursor after it. Empty if it has none. */
  readonly id: string
}

type Fetch = typeof globalThis.fetch

/** The longest frame that is looked at, in UTF-16 code units. A longer one is passed on as it is. */
const maxFrameLength = 16 * 1024 * 1024

/**
 * The network of the page's client, as the inspector shows it and cuts it.
 *
 * A client does not give its handlers the cursors of events, and decodes their data. So `fetch` passes an event stream
 * on frame by frame, each when the client reads on: while a handler runs, `current` is the frame that it is called for.
 */
export interface Network {
  /** The `fetch` of the client. */
  readonly fetch: Fetch
  /** The frame that the client has read last. */
  readonly current: Frame | undefined
  readonly isCut: boolean
  /** Cuts every event stream, and fails every request until `restore`, as a lost network does. */
  cut(): void
  restore(): void
  /** Calls the handler with each of the protocol's own signals, before the client receives it. */
  onSignal(handler: (signal: Frame) => void): () => void
}

/** @param request makes the requests; defaults to the global `fetch` */
export function createNetwork(request: Fetch = (...args) => globalThis.fetch(...args)): Network {
  const streams = new Set<(error: Error) => void>()
  const observers = new Set<(signal: Frame) => void>()
  let current: Frame | undefined
  let isCut = false

  const onFrame = (frame: Frame | undefined) => {
    current = frame
    if (frame?.name.startsWith('$')) for (const observer of observers) observer(frame)
  }

  return {
    get current() {
      return current
    },
    get isCut() {
      return isCut
    },
    async fetch(...args) {
      if (isCut) throw cutError()
      const response = await request(...args)
      const isStream = response.headers.get('content-type')?.startsWith('text/event-stream')
      if (!isStream || !response.body) return response
      if (isCut) {
        void response.body.cancel().catch(() => {})
        throw cutError()
      }
      const { status, statusText, headers } = response
      return new Response(byFrame(response.body, streams, onFrame), { status, statusText, headers })
    },
    cut() {
      isCut = true
      for (const fail of [...streams]) fail(cutError())
    },
    restore() {
      isCut = false
    },
    onSignal(handler) {
      observers.add(handler)
      return () => observers.delete(handler)
    },
  }
}

/** Passes the bytes of an event stream on, a frame at a time. */
function byFrame(
  body: ReadableStream<Uint8Array>,
  streams: Set<(error: Error) => void>,
  onFrame: (frame: Frame | undefined) => void,
): ReadableStream<Uint8Array> {
  const reader = body.getReader()
  const decoder = new TextDecoder()
  const encoder = new TextEncoder()
  const frames: string[] = []
  /** What follows the last whole frame. */
  let rest = ''
  let fail: (error: Error) => void

  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        fail = (error) => {
          streams.delete(fail)
          controller.error(error)
          reader.cancel().catch(() => {})
        }
        streams.add(fail)
      },
      // Without a buffer of its own, this is called when the client has handled the frame before, and reads on.
      async pull(controller) {
        while (frames.length === 0) {
          const { value } = await reader.read()
          if (!streams.has(fail)) return
          if (!value) {
            streams.delete(fail)
            controller.close()
            return
          }
          rest = take(rest + decoder.decode(value, { stream: true }), frames)
        }
        const text = frames.shift() as string
        onFrame(parse(text))
        controller.enqueue(encoder.encode(text))
      },
      cancel(reason) {
        streams.delete(fail)
        return reader.cancel(reason)
      },
    },
    { highWaterMark: 0 },
  )
}

/** Takes the whole frames of a text, and returns what follows them. */
function take(text: string, frames: string[]): string {
  const blankLine = /\r\n\r\n|\n\n|\r\r/g
  let start = 0
  while (blankLine.test(text)) {
    frames.push(text.slice(start, blankLine.lastIndex))
    start = blankLine.lastIndex
  }
  const rest = text.slice(start)
  if (rest.length <= maxFrameLength) return rest
  frames.push(rest)
  return ''
}

/** Returns the event of a frame, which may be a comment alone. */
function parse(text: string): Frame | undefined {
  let name = 'message'
  let id = ''
  const data: string[] = []
  for (const line of text.split(/\r\n|\n|\r/)) {
    const colon = line.indexOf(':')
    if (colon <= 0) continue
    const value = line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1)
    const field = line.slice(0, colon)
    if (field === 'data') data.push(value)
    else if (field === 'event') name = value
    else if (field === 'id') id = value
  }
  return data.length > 0 ? { name, id, data: data.join('\n') } : undefined
}

function cutError(): TypeError {
  return new TypeError('The inspector has cut the connection')
}

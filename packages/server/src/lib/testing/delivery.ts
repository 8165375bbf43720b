/** How the network treats the chunks of a response. */
export interface DeliveryDeps {
  /** Resolves when the headers have arrived. No chunk arrives before them. */
  readonly headers: Promise<void>
  /** Milliseconds a chunk takes. */
  delayMs(): number
  /** Resolves when chunks may pass. */
  passed(): Promise<void>
  /** Called once, when the client has all, or the response has failed. */
  onEnd(): void
  /** Called when the client does not read on. */
  onCancel(): void
}

/** The bytes that may be on their way at once. The server waits for room beyond that. */
const windowBytes = 64 * 1024

/** Returns the body of a response as it arrives at the client, and the function that makes it fail there. */
export function delivered(
  body: ReadableStream<Uint8Array>,
  { headers, delayMs, passed, onEnd, onCancel }: DeliveryDeps,
): { readonly body: ReadableStream<Uint8Array>; fail(error: unknown): void } {
  const reader = body.getReader()
  let client: ReadableStreamDefaultController<Uint8Array> | undefined
  let isOver = false
  let onRoom = () => {}
  let last = headers
  let travelling = 0

  /** Returns whether the response was going on. */
  const end = (): boolean => {
    if (isOver) return false
    isOver = true
    onRoom()
    onEnd()
    return true
  }
  const fail = (error: unknown) => {
    if (end()) client?.error(error)
  }
  const deliver = async (chunk: Uint8Array | undefined, before: Promise<void>, ms: number) => {
    if (ms > 0) await new Promise((resolve) => setTimeout(resolve, ms))
    await before
    await passed()
    if (isOver) return
    if (!chunk) {
      if (end()) client?.close()
      return
    }
    travelling -= chunk.byteLength
    client?.enqueue(chunk)
    if ((client?.desiredSize ?? 0) > 0) return
    await new Promise<void>((resolve) => {
      onRoom = resolve
    })
  }
  const carry = async () => {
    for (let isOpen = true; isOpen && !isOver; ) {
      const { value } = await reader.read()
      isOpen = value !== undefined
      travelling += value?.byteLength ?? 0
      last = deliver(value, last, delayMs())
      if (travelling > windowBytes || delayMs() === 0) await last
    }
  }
  return {
    body: new ReadableStream<Uint8Array>(
      {
        start(controller) {
          client = controller
          carry().catch(fail)
        },
        pull: () => onRoom(),
        cancel: (reason) => {
          if (!end()) return
          onCancel()
          reader.cancel(reason).catch(() => {})
        },
      },
      new ByteLengthQueuingStrategy({ highWaterMark: windowBytes }),
    ),
    fail,
  }
}

import type { RequestHandler } from 'express'

/** How much the link holds before it is full, in bytes. */
const capacity = 4_096

/** How often the link passes on what it holds, in milliseconds. */
const turnMs = 50

/**
 * Returns middleware that sends event streams as a slow network would: so many bytes a second, and with small buffers.
 *
 * Between two programs of one computer, the buffers of the operating system take seconds of prices before a server notices
 * that its client reads slowly.
 */
export function slowLink(bytesPerSecond: number): RequestHandler {
  const bytesPerTurn = Math.ceil((bytesPerSecond * turnMs) / 1_000)
  return (request, response, next) => {
    // What a page sends, and the answers to that, are small.
    if (request.method !== 'GET') return next()
    const write = response.write.bind(response)
    const end = response.end.bind(response)
    let waiting = Buffer.alloc(0)
    const timer = setInterval(() => {
      if (waiting.length === 0) return
      const wasFull = waiting.length >= capacity
      write(waiting.subarray(0, bytesPerTurn))
      waiting = waiting.subarray(bytesPerTurn)
      if (wasFull && waiting.length < capacity) response.emit('drain')
    }, turnMs)
    response.on('close', () => clearInterval(timer))
    response.write = (chunk: Uint8Array | string) => {
      waiting = Buffer.concat([waiting, Buffer.from(chunk as Uint8Array)])
      return waiting.length < capacity
    }
    response.end = (...last: unknown[]) => {
      clearInterval(timer)
      if (waiting.length > 0) write(waiting)
      return Reflect.apply(end, response, last)
    }
    next()
  }
}

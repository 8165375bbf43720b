/**
 * The bytes that the client of a subject sends over a TCP connection until it is subscribed. Each character
 * of a string is a byte.
 */
export interface ClientScript {
  readonly opening: string
  /** The bytes to wait for and the bytes to send then, in order. */
  readonly steps: readonly { readonly when: string; readonly send: string }[]
  /** The bytes after which the client is subscribed. */
  readonly ready: string
  /** The client's reply to a ping of the server. */
  readonly ping?: { readonly when: string; readonly send: string }
}

/** A client such as EventSource. */
export function sseClient(path: string): ClientScript {
  const opening = `GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nAccept: text/event-stream\r\nCache-Control: no-cache\r\n\r\n`
  return { opening, steps: [], ready: '\r\n\r\n' }
}

export function webSocketClient(path: string): ClientScript {
  return { opening: upgrade(path), steps: [], ready: '\r\n\r\n' }
}

/** Engine.IO version 4 over a WebSocket, with Socket.IO's CONNECT to its default namespace. */
export function socketIoClient(path: string): ClientScript {
  return {
    opening: upgrade(`${path}?EIO=4&transport=websocket`),
    steps: [{ when: '0{"sid"', send: maskedText('40') }],
    ready: '40{"sid"',
    ping: { when: '\x81\x012', send: maskedText('3') },
  }
}

function upgrade(path: string): string {
  return [
    `GET ${path} HTTP/1.1`,
    'Host: 127.0.0.1',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    '\r\n',
  ].join('\r\n')
}

/** A short text frame, masked as a client must, with zeros. */
function maskedText(text: string): string {
  return `\x81${String.fromCharCode(0x80 | text.length)}\0\0\0\0${text}`
}

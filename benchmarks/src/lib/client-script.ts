/**
 * What the client of a subject sends over a plain TCP connection until it is subscribed, byte for byte. Strings are
 * bytes, one a character.
 */
export interface ClientScript {
  readonly opening: string
  /** In this order: what to wait for, and what to send then. */
  readonly steps: readonly { readonly when: string; readonly send: string }[]
  /** It is subscribed when it has received this. */
  readonly ready: string
  /** What it answers when the server asks whether it is there. */
  readonly ping?: { readonly when: string; readonly send: string }
}

/** An EventSource, or a fetch that reads its response. */
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

/** A short text frame as a client has to send it, masked with zeros. */
function maskedText(text: string): string {
  return `\x81${String.fromCharCode(0x80 | text.length)}\0\0\0\0${text}`
}

import { request } from 'node:http'

/** The response to a request that was {@link send sent}. */
export interface Sent {
  readonly status: number
  readonly headers: Readonly<Record<string, string | string[] | undefined>>
  /** The parsed JSON, if there is any. */
  readonly body: unknown
}

/** Sends JSON on a connection of its own. Resolves with the response, or undefined if the connection was lost. */
export function send(
  port: number,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>>,
): Promise<Sent | undefined> {
  return new Promise((resolve) => {
    const sent = request(
      {
        host: '127.0.0.1',
        port,
        path,
        method: 'POST',
        agent: false,
        headers: { 'content-type': 'application/json', ...headers },
      },
      (response) => {
        let text = ''
        response.setEncoding('utf8')
        response.on('data', (piece: string) => {
          text += piece
        })
        response.on('error', () => resolve(undefined))
        response.on('end', () => {
          resolve({
            status: response.statusCode ?? 0,
            headers: response.headers,
            body: text === '' ? undefined : JSON.parse(text),
          })
        })
      },
    )
    sent.on('error', () => resolve(undefined))
    sent.on('close', () => resolve(undefined))
    sent.end(JSON.stringify(body))
  })
}

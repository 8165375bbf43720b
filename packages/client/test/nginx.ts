import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { makeCertificate, startNginx as start } from '@tidings/test-kit/proxies'

/** A request that nginx has answered, as its log tells. */
export interface LoggedRequest {
  readonly method: string
  readonly path: string
  /** `HTTP/1.1` or `HTTP/2.0`. */
  readonly protocol: string
  /** `gzip`, or `-` for none. */
  readonly encoding: string
}

/**
 * Starts an nginx before servers on ports of 127.0.0.1, which it asks in turn, with answers buffered as they are by default, compressed where it
 * can, and cut after five silent seconds. It knows nothing of event streams.
 *
 * @returns where it listens, over HTTP/1.1 and over TLS with HTTP/2, and how to read its log
 */
export async function startNginx(...upstreamPorts: number[]) {
  const { origin, tlsOrigin, directory } = await start(({ directory, port, tlsPort }) => {
    makeCertificate(directory)
    return `
  log_format plain '$request_method $uri $server_protocol $sent_http_content_encoding';
  access_log access.log plain;

  gzip on;
  gzip_proxied any;
  gzip_types text/event-stream application/json application/problem+json;

  upstream servers {
    ${upstreamPorts.map((upstream) => `server 127.0.0.1:${upstream} max_fails=0;`).join('\n    ')}
  }
  proxy_http_version 1.1;
  proxy_read_timeout 5s;

  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${tlsPort} ssl http2;
    ssl_certificate certificate.pem;
    ssl_certificate_key key.pem;
    location / {
      proxy_pass http://servers;
    }
  }`
  })
  return { origin, tlsOrigin, requests }

  async function requests(): Promise<LoggedRequest[]> {
    const lines = (await readFile(join(directory, 'access.log'), 'utf8')).trim().split('\n')
    return lines.map((line) => {
      const [method = '', path = '', protocol = '', encoding = ''] = line.split(' ')
      return { method, path, protocol, encoding }
    })
  }
}

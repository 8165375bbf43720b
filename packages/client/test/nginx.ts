import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync } from 'node:fs'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort, pause } from '@tidings/test-kit'
import { onTestFinished } from 'vitest'

const executablePath = process.env['TIDINGS_NGINX'] ?? '/usr/sbin/nginx'

/** Whether there is an nginx to test with, and what makes its certificate. With `CI=true` there has to be. */
export const hasNginx =
  (existsSync(executablePath) && existsSync('/usr/bin/openssl')) || process.env['CI'] === 'true'

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
  const prefix = await mkdtemp(join(tmpdir(), 'tidings-nginx-'))
  onTestFinished(() => rm(prefix, { recursive: true, force: true }))
  makeCertificate(prefix)
  for (let attempt = 1; ; attempt += 1) {
    const [port, tlsPort] = [await freePort(), await freePort()]
    await writeFile(join(prefix, 'nginx.conf'), configuration(upstreamPorts, port, tlsPort))
    // Before it has read its configuration, it would write to the log of the nginx that may be installed.
    const nginx = spawn(executablePath, ['-p', `${prefix}/`, '-c', 'nginx.conf', '-e', 'stderr'], {
      stdio: ['ignore', 'ignore', 'pipe'],
    })
    const ended = once(nginx, 'exit')
    let said = ''
    nginx.stderr.setEncoding('utf8').on('data', (text) => {
      said += text
    })
    onTestFinished(async () => {
      nginx.kill('SIGKILL')
      await ended
    })
    const origin = `http://127.0.0.1:${port}`
    while (nginx.exitCode === null) {
      if (await isAnswered(origin)) return { origin, tlsOrigin: `https://127.0.0.1:${tlsPort}`, requests }
      await pause(10)
    }
    // Someone else may have taken the port in the meantime.
    if (attempt === 3) throw new Error(`nginx ended with ${nginx.exitCode}: ${said}`)
  }

  async function requests(): Promise<LoggedRequest[]> {
    const lines = (await readFile(join(prefix, 'access.log'), 'utf8')).trim().split('\n')
    return lines.map((line) => {
      const [method = '', path = '', protocol = '', encoding = ''] = line.split(' ')
      return { method, path, protocol, encoding }
    })
  }
}

async function isAnswered(origin: string): Promise<boolean> {
  try {
    const { body } = await fetch(`${origin}/is-there-anybody`)
    await body?.cancel()
    return true
  } catch {
    return false
  }
}

/** One process, so that ending it ends all of it; all that it writes is below its prefix. */
function configuration(upstreamPorts: readonly number[], port: number, tlsPort: number): string {
  return `
daemon off;
master_process off;
pid nginx.pid;
error_log stderr warn;
events {}
http {
  log_format plain '$request_method $uri $server_protocol $sent_http_content_encoding';
  access_log access.log plain;
  client_body_temp_path client_body;
  proxy_temp_path proxy;
  fastcgi_temp_path fastcgi;
  uwsgi_temp_path uwsgi;
  scgi_temp_path scgi;

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
  }
}
`
}

function makeCertificate(prefix: string): void {
  const { status, stderr } = spawnSync(
    'openssl',
    [
      'req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=127.0.0.1'.split(
        ' ',
      ),
      '-addext subjectAltName=IP:127.0.0.1 -keyout key.pem -out certificate.pem'.split(' '),
    ].flat(),
    { cwd: prefix, encoding: 'utf8' },
  )
  if (status !== 0) throw new Error(`openssl made no certificate: ${stderr}`)
}

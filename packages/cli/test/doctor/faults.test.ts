import { until } from '@tidings/test-kit'
import { expect, it } from 'vitest'
import type { CheckName } from '../../src/lib/doctor/finding.js'
import { begin, run } from '../run-cli.js'
import { type Diagnosis, doctor, startServer } from './doctor.js'
import { type ForwarderSettings, startForwarder } from './forwarder.js'

const html = { 'content-type': 'text/html' }

const posts = (status: number, headers: Record<string, string>) => (method: string) =>
  method === 'POST' ? { status, headers } : undefined

interface Fault {
  readonly what: string
  readonly settings: ForwarderSettings
  readonly path?: string
  readonly options?: readonly string[]
  readonly check: CheckName
  readonly fact: string
  /** A line for nginx, or a part of the advice. */
  readonly fix: string
}

const faults: readonly Fault[] = [
  {
    what: 'a redirect',
    settings: {
      instead: () => ({ status: 301, headers: { location: 'https://example.org/events/$health' } }),
    },
    check: 'mount',
    fact: 'GET /events/$health is redirected (301) to https://example.org/events/$health',
    fix: 'Give the client the URL that is redirected to: https://example.org/events',
  },
  {
    what: 'a page of another server',
    settings: { instead: () => ({ status: 200, headers: html }) },
    check: 'mount',
    fact: 'GET /events/$health answers 200, text/html: this is not a Tidings server',
    fix: 'location /events { proxy_pass http://127.0.0.1:3000; }',
  },
  {
    what: 'another path',
    settings: {},
    path: '/sse',
    check: 'mount',
    fact: 'GET /sse/$health answers 404, application/problem+json: the server is mounted elsewhere',
    fix: '/events',
  },
  {
    what: 'a firewall',
    settings: { instead: () => ({ status: 403, headers: html }) },
    check: 'mount',
    fact: 'GET /events/$health answers 403, text/html, which is not from Tidings: $health needs no credentials',
    fix: 'limit_except GET POST OPTIONS { deny all; }',
  },
  {
    what: 'a proxy that does not reach the server',
    settings: { instead: () => ({ status: 502, headers: html }) },
    check: 'mount',
    fact: 'GET /events/$health answers 502, text/html: the proxy does not reach the server',
    fix: 'Look whether the server runs',
  },
  {
    what: 'POST that is refused',
    settings: { instead: posts(405, html) },
    check: 'control requests',
    fact: 'POST $connections/<id> answers 405, text/html, which is not from Tidings: something in between refuses POST, or the path',
    fix: 'limit_except GET POST OPTIONS { deny all; }',
  },
  {
    what: 'Content-Type that is removed',
    settings: { remove: 'content-type' },
    check: 'control requests',
    fact: 'POST $connections/<id> answers 415, application/problem+json: the Content-Type of the request did not arrive',
    fix: 'proxy_set_header Content-Type $http_content_type;',
  },
  {
    what: 'a limit of the body',
    settings: { maxBody: 50_000 },
    check: 'body size',
    fact: 'a body of 100 KiB is refused: 413, text/html',
    fix: 'client_max_body_size 2m;',
  },
  {
    what: 'an origin that is not admitted',
    settings: {},
    options: ['--origin', 'https://example.org'],
    check: 'cross-origin',
    fact: 'the server does not admit pages of https://example.org',
    fix: "cors: { origins: ['https://example.org'] }",
  },
  {
    what: 'preflights that are refused',
    settings: { instead: (method) => (method === 'OPTIONS' ? { status: 401, headers: html } : undefined) },
    options: ['--origin', 'https://admitted.example'],
    check: 'cross-origin',
    fact: 'the preflight (OPTIONS) is answered with 401, text/html',
    fix: 'limit_except GET POST OPTIONS { deny all; }',
  },
  {
    what: 'Cache-Control that is replaced',
    settings: { replace: { 'cache-control': 'public, max-age=60' } },
    check: 'response headers',
    fact: 'Cache-Control was changed: public, max-age=60',
    fix: 'proxy_pass_header Cache-Control;',
  },
]

let examined: Promise<ReadonlyMap<Fault, Diagnosis>> | undefined

/** Makes all examinations at the same time, since they mostly wait. */
async function examineAll(): Promise<ReadonlyMap<Fault, Diagnosis>> {
  const upstream = await startServer(1_000, { options: { cors: { origins: ['https://admitted.example'] } } })
  const examine = async (fault: Fault) => {
    const { settings, path = '/events', options = [] } = fault
    const { origin } = await startForwarder(upstream, settings)
    return [fault, await doctor(`${origin}${path}`, '--wait', '10ms', ...options)] as const
  }
  return new Map(await Promise.all(faults.map(examine)))
}

it.for(faults)('doctor finds $what', async (fault) => {
  examined ??= examineAll()
  const diagnosis = (await examined).get(fault)
  const { verdict, fact, advice, fixes } = diagnosis?.of(fault.check) ?? {}
  expect({ verdict, fact }).toEqual({ verdict: 'fault', fact: fault.fact })
  const nginx = fixes?.filter(({ proxy }) => proxy === 'nginx').flatMap(({ lines }) => lines)
  expect([advice, ...(nginx ?? [])].join('\n')).toContain(fault.fix)
  expect(diagnosis?.complaints).toEqual([fault.check])
  expect(diagnosis?.code).toBe(1)
})

it('says what a fault prevents it from examining', async () => {
  const upstream = await startServer(1_000)
  const detailsWith = async (settings: ForwarderSettings, check: CheckName) => {
    const { origin } = await startForwarder(upstream, settings)
    const { findings, of } = await doctor(`${origin}/events`, '--wait', '10ms', '--timeout', '1s')
    return { last: of(check).details?.at(-1), examined: findings.map((finding) => finding.check) }
  }
  const buffered = await detailsWith({ isBuffering: true }, 'first event')
  expect(buffered.last).toBe(
    'Not examined, because no event came: caching, control requests, delay, request headers, authorization, host, body size, leaving, silence. Fix this, and run doctor again',
  )
  expect(buffered.examined.slice(-3)).toEqual(['first event', 'response headers', 'compression'])
  const page = (method: string, path: string) =>
    method === 'GET' && path === '/events' ? { status: 200, headers: html } : undefined
  expect((await detailsWith({ instead: page }, 'first event')).last).toMatch(
    /^Not examined, because there is no event stream: response headers, compression, caching, .* silence\. Fix/,
  )
  const refusing = await detailsWith({ instead: posts(405, html) }, 'control requests')
  expect(refusing.last).toBe(
    'Not examined, because they need control requests: delay, request headers, authorization, host, body size, leaving. Fix this, and run doctor again',
  )
  expect(refusing.examined.at(-1)).toBe('silence')
})

it('finds nodes that share no bus', async () => {
  const ports = [await startServer(1_000), await startServer(1_000)]
  let turn = 0
  const { origin } = await startForwarder(() => ports[turn++ % 2] ?? 0, {})
  const { of, complaints } = await doctor(`${origin}/events`, '--wait', '10ms')
  expect(complaints).toEqual(['control requests'])
  expect(of('control requests').fact).toBe(
    '3 of 6 control requests reached a node that does not know the connection (410)',
  )
  expect(of('control requests').advice).toMatch(/^Give each process a bus: `bus: redisBus\(\{ url \}\)`/)
})

it('tells what it cannot know of a server that is older', async () => {
  const upstream = await startServer(1_000)
  const { origin } = await startForwarder(upstream, { oldServer: true })
  const { findings, code } = await doctor(`${origin}/events`, '--wait', '10ms')
  const unknown = findings.filter(({ verdict }) => verdict === 'unknown').map(({ check }) => check)
  expect(unknown).toEqual(['delay', 'request headers', 'authorization', 'silence'])
  expect(code).toBe(0)
})

it('prints lines for people, in colours on a terminal', async () => {
  const upstream = await startServer(1_000)
  const { origin } = await startForwarder(upstream, { remove: 'last-event-id' })
  const url = `${origin}/events`
  const { stdout, code, stderr } = await run(['doctor', url, '--wait', '10ms', '--proxy', 'nginx'])
  expect(code).toBe(1)
  expect(stderr).toBe('')
  expect(stdout).toContain(`
FAULT   request headers  removed on the way: Last-Event-ID
        Without Last-Event-ID, an EventSource that reconnects misses what was sent meanwhile
        Pass on Last-Event-ID
        nginx, in \`location /events { … }\`, with the others that are set outside, which are ignored then:
          proxy_set_header Last-Event-ID $http_last_event_id;
ok      authorization    Authorization arrives
`)
  expect(stdout).toMatch(/\n1 fault: \d+ ok, 0 warnings, 1 unknown\n$/)
  const onTerminal = await run(['doctor', url, '--wait', '1s'], { isTerminal: true, env: { TERM: 'xterm' } })
  expect(onTerminal.stdout).toContain('\u001b[31mFAULT  \u001b[39m')
  expect(onTerminal.stderr).toMatch(/\r\u001b\[2K\[=+ *\] watching an idle stream, \d of 1 s …/)
  expect(onTerminal.stderr.endsWith('\r\u001b[2K')).toBe(true)
})

it('ends at once when it is interrupted', async () => {
  const port = await startServer(1_000)
  const doctor = begin(['doctor', `http://127.0.0.1:${port}/events`, '--wait', '1h'], { isTerminal: true })
  await until(() => doctor.stderr.includes('watching an idle stream'), 'the idle stream was watched')
  doctor.interrupt()
  const { code, stdout } = await doctor.ended
  expect(code).toBe(130)
  expect(stdout).not.toMatch(/silence/)
})

it('exits with 3 if nothing answers', async () => {
  expect(await run(['doctor', 'http://127.0.0.1:9/events'])).toEqual({
    code: 3,
    stdout: '',
    stderr:
      'error: Cannot reach http://127.0.0.1:9/events: the connection was refused. Is the server running?\n',
  })
})

it.for([
  [['doctor'], 'Missing argument <url>', 'Try: tidings doctor --help'],
  [
    ['doctor', 'example.org/events'],
    '"example.org/events" is not a URL',
    'Did you mean http://example.org/events?',
  ],
  [
    ['doctor', 'http://x/events', '--proxy', 'ngin'],
    '--proxy cannot be "ngin". Choose from nginx, haproxy, squid, apache, caddy, traefik, envoy, varnish, cloudflare, alb',
    'Try: tidings doctor --help',
  ],
  [
    ['doctor', 'http://x/events', '--wait', 'long'],
    '--wait is not a duration: "long". Write 500ms, 20s, 1m or 2h',
    'Try: tidings doctor --help',
  ],
  [
    ['doctor', 'http://x/events', '--wait', '2h'],
    '--wait is longer than an hour: "2h"',
    'Try: tidings doctor --help',
  ],
  [
    ['doctor', 'http://x/events', '--origin', 'https://example.org/page'],
    '--origin is not an origin: "https://example.org/page". Write https://example.org',
    'Try: tidings doctor --help',
  ],
] as const)('says what is wrong with %j', async ([argv, message, hint]) => {
  expect(await run(argv)).toEqual({ code: 2, stdout: '', stderr: `error: ${message}\n${hint}\n` })
})

it('writes out the characters of a header that a terminal would obey', async () => {
  const { origin } = await startForwarder(0, {
    instead: () => ({ status: 200, headers: { ...html, server: 'x\u009b31m' } }),
  })
  const { stdout } = await run(['doctor', `${origin}/events`])
  expect(stdout).toContain('Server: x\\u009b31m')
  expect(stdout).not.toContain('\u009b')
})

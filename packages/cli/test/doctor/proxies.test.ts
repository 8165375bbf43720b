import { hasNginx, makeCertificate, type RunningProxy, startNginx } from '@tidings/test-kit/proxies'
import { describe, expect, it } from 'vitest'
import { type Diagnosis, doctor, startServer } from './doctor.js'
import { startForwarder } from './forwarder.js'
import { cases, type ProxyCase } from './proxy-cases.js'

interface Examined {
  readonly faulty: Diagnosis
  readonly fixed: Diagnosis
}

async function examine({
  lines,
  heartbeatMs = 1_000,
  waitMs = 3_000,
  cacheControl,
  start,
}: ProxyCase): Promise<Examined> {
  const through = (given: string) =>
    inTurn(async () => {
      const upstream = await startServer(heartbeatMs, { cacheControl })
      const { origin } = await start(upstream, given)
      return doctor(`${origin}/events`, '--wait', `${waitMs}ms`)
    })
  const [faulty, fixed] = await Promise.all([through(''), through(lines)])
  return { faulty, fixed }
}

/** How many examinations are made at a time: with all at once, the machine would be slower than a proxy. */
let free = 10
const waiting: (() => void)[] = []

async function inTurn<Value>(make: () => Promise<Value>): Promise<Value> {
  if (free === 0) await new Promise<void>((resolve) => waiting.push(resolve))
  else free -= 1
  try {
    return await make()
  } finally {
    const next = waiting.shift()
    if (next) next()
    else free += 1
  }
}

const others = {
  direct: async () => {
    const port = await startServer(1_000)
    return doctor(`http://127.0.0.1:${port}/events`, '--wait', '2s')
  },
  unknown: async () => {
    const upstream = await startServer(1_000)
    const { port } = await startForwarder(upstream, { remove: 'idempotency-key', cutAfterMs: 8_000 })
    return doctor(`http://127.0.0.1:${port}/events`, '--wait', '12s')
  },
  named: async () => {
    const upstream = await startServer(1_000)
    const { port } = await startForwarder(upstream, { remove: 'prefer' })
    return doctor(`http://127.0.0.1:${port}/events`, '--wait', '1ms', '--proxy', 'caddy')
  },
  tls: async () => {
    if (!hasNginx) return undefined
    const { tlsOrigin } = await startTlsNginx(await startServer(1_000))
    const stopped = await doctor(`${tlsOrigin}/events`)
    return { stopped, insecure: await doctor(`${tlsOrigin}/events`, '--insecure', '--wait', '2s') }
  },
}

type Others = { readonly [Name in keyof typeof others]: Awaited<ReturnType<(typeof others)[Name]>> }

function startTlsNginx(upstream: number): Promise<RunningProxy> {
  return startNginx(({ directory, port, tlsPort }) => {
    makeCertificate(directory)
    return `
  server {
    listen 127.0.0.1:${port};
    listen 127.0.0.1:${tlsPort} ssl http2;
    ssl_certificate certificate.pem;
    ssl_certificate_key key.pem;
    location /events {
      proxy_pass http://127.0.0.1:${upstream};
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-Proto $scheme;
    }
  }`
  })
}

let examined: ReturnType<typeof examineAll> | undefined

/** Makes the examinations at the same time, since they mostly wait. What they need ends with the test that comes first. */
async function examineAll() {
  const able = cases.filter(({ isAble }) => isAble)
  const made = Promise.all(
    Object.entries(others).map(async ([name, make]) => [name, await inTurn<unknown>(make)] as const),
  )
  const settled = Promise.allSettled(able.map(examine))
  return {
    ofCase: new Map((await settled).map((result, index) => [able[index], result])),
    ...(Object.fromEntries(await made) as Others),
  }
}

const all = () => {
  examined ??= examineAll()
  return examined
}

describe('doctor finds the fault, and the lines it prints fix it:', () => {
  it.for(cases)('$what', async (given, { skip, annotate }) => {
    if (!given.isAble) skip()
    const result = (await all()).ofCase.get(given)
    if (result?.status !== 'fulfilled') throw result?.reason
    const { faulty, fixed } = result.value
    const { proxy, check, fact, lines, also = [], remaining = [] } = given
    await annotate(`${faulty.of(check).fact} / ${fixed.findings.find((each) => each.check === check)?.fact}`)
    expect(faulty.of('proxy').fact).toMatch(new RegExp(proxy, 'i'))
    expect(faulty.of(check)).toMatchObject({ verdict: 'fault', fact: expect.stringMatching(fact) })
    expect(faulty.complaints.toSorted()).toEqual([check, ...also].toSorted())
    expect(faulty.code).toBe(1)
    expect(faulty.lines(check, proxy)).toBe(lines)
    expect(fixed.complaints).toEqual(remaining)
    expect(fixed.code).toBe(remaining.length > 0 ? 1 : 0)
  })
})

it('finds no fault of a server without a proxy', async () => {
  const { code, findings } = (await all()).direct
  expect(findings.filter(({ verdict }) => verdict !== 'ok')).toEqual([])
  expect(code).toBe(0)
})

it('prints the lines of common proxies for one that is not known', async () => {
  const { code, of, complaints } = (await all()).unknown
  expect(code).toBe(1)
  expect(of('proxy').fact).toBe('none recognized')
  expect(complaints).toEqual(['request headers', 'silence'])
  expect(of('request headers').fact).toBe('removed on the way: Idempotency-Key')
  expect(of('request headers').fixes.map(({ proxy, lines }) => [proxy, ...lines])).toEqual([
    ['nginx', 'proxy_set_header Idempotency-Key $http_idempotency_key;'],
    ['haproxy', 'http-request del-header Idempotency-Key unless { path_beg /events }'],
    ['apache', 'RequestHeader unset Idempotency-Key "expr=%{REQUEST_URI} !~ m#^/events#"'],
    ['caddy', 'header_up Idempotency-Key {http.request.header.Idempotency-Key}'],
  ])
  expect(of('silence').fact).toMatch(
    /^every event stream is cut after \d+(\.\d)? s, even while events arrive$/,
  )
})

it('prints the lines of a proxy that is named', async () => {
  const { of } = (await all()).named
  expect(of('proxy').fact).toBe('Caddy, as you say')
  expect(of('request headers').fixes.map(({ proxy }) => proxy)).toEqual(['caddy'])
})

it('examines HTTP/2 over TLS, and stops at a certificate that is not valid', async ({ skip }) => {
  const { tls } = await all()
  if (!tls) return skip()
  const { stopped, insecure } = tls
  expect(stopped.findings.map(({ check }) => check)).toEqual(['connection', 'certificate', 'http version'])
  expect(stopped.of('certificate')).toMatchObject({
    verdict: 'fault',
    fact: 'clients refuse the certificate: DEPTH_ZERO_SELF_SIGNED_CERT',
  })
  expect(stopped.code).toBe(1)
  expect(insecure.of('http version')).toMatchObject({ verdict: 'ok', fact: 'HTTP/2' })
  expect(insecure.complaints).toEqual(['certificate'])
})

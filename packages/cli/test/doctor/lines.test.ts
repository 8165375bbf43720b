import {
  checkApache,
  checkHaproxy,
  checkNginx,
  checkSquid,
  hasApache,
  hasHaproxy,
  hasNginx,
  hasSquid,
} from '@tidings/test-kit/proxies'
import { expect, it } from 'vitest'
import { fixesOf, type ProxyName } from '../../src/lib/doctor/proxy.js'
import type { Remedy } from '../../src/lib/doctor/remedy.js'

const remedies: readonly Remedy[] = [
  { of: 'buffering' },
  { of: 'delay' },
  { of: 'compression' },
  { of: 'caching' },
  { of: 'host' },
  { of: 'leaving' },
  { of: 'method' },
  { of: 'silence', seconds: 60 },
  { of: 'request header', header: 'Last-Event-ID' },
  { of: 'response header', header: 'Cache-Control' },
  { of: 'body size', megabytes: 2 },
]

/** Returns the lines for each remedy, joined, and each set once. */
function linesOf(proxy: ProxyName, isWanted: (where: string, line: string) => boolean = () => true): string {
  const fixes = remedies.flatMap((remedy) => fixesOf(remedy, [proxy], { mount: '/events' }))
  return [
    ...new Set(fixes.flatMap(({ where, lines }) => lines.filter((line) => isWanted(where, line)))),
  ].join('\n')
}

it.skipIf(!hasNginx)('nginx accepts its lines', async () => {
  await checkNginx(
    ({ port }) => `
  server {
    listen 127.0.0.1:${port};
    location /events {
      proxy_pass http://127.0.0.1:9;
      ${linesOf('nginx')}
    }
  }`,
  )
})

it.skipIf(!hasHaproxy)('HAProxy accepts its lines', async () => {
  const isDefault = (where: string) => where === 'in `defaults`'
  await checkHaproxy(({ port }) =>
    `
cache <name>
  total-max-size 4

defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  ${linesOf('haproxy', isDefault)}

frontend web
  bind 127.0.0.1:${port}
  compression algo gzip
  filter cache <name>
  ${linesOf('haproxy', (where) => !isDefault(where))}
  default_backend node

backend node
  server node 127.0.0.1:9`.replaceAll('<name>', 'name'),
  )
})

it.skipIf(!hasSquid)('Squid accepts its lines', async () => {
  await checkSquid(({ port }) =>
    `${linesOf('squid')}\ncache_peer 127.0.0.1 parent 9 0 originserver\n`.replace(
      'http_port 80',
      `http_port ${port}`,
    ),
  )
})

it.skipIf(!hasApache)('Apache httpd accepts its lines', async () => {
  const isOfLocation = (where: string) => where.startsWith('in `<Location')
  await checkApache(
    () => `
LoadModule allowmethods_module /usr/lib/apache2/modules/mod_allowmethods.so
LoadModule cache_module /usr/lib/apache2/modules/mod_cache.so
${linesOf('apache', (where) => !isOfLocation(where))}
<Location "/events">
${linesOf('apache', isOfLocation)}
</Location>`,
  )
  expect(linesOf('apache', isOfLocation)).not.toBe('')
})

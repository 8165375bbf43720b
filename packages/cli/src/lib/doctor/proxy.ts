import { apache } from './proxies/apache.js'
import { caddy } from './proxies/caddy.js'
import { haproxy } from './proxies/haproxy.js'
import { nginx } from './proxies/nginx.js'
import { alb, cloudflare, envoy, traefik, varnish } from './proxies/others.js'
import { squid } from './proxies/squid.js'
import type { ConfigLines, Configuration, Place, Remedy } from './remedy.js'

interface Known {
  readonly title: string
  readonly configuration: Configuration
  /** Whether these headers of a response, or this response to a malformed request, are of this proxy. */
  is(headers: Readonly<Record<string, string>>, malformed: string): boolean
}

/** The proxies whose configuration is known, by the name that `--proxy` takes. */
const known = {
  nginx: {
    title: 'nginx',
    configuration: nginx,
    is: ({ server }, malformed) =>
      /nginx|openresty|tengine/i.test(server ?? '') || /<center>(nginx|openresty)/i.test(malformed),
  },
  haproxy: {
    title: 'HAProxy',
    configuration: haproxy,
    is: (_headers, malformed) => malformed.includes('Your browser sent an invalid request.'),
  },
  squid: {
    title: 'Squid',
    configuration: squid,
    is: ({ via, server }, malformed) =>
      /squid/i.test(`${via} ${server}`) || /^(server: squid|x-squid-error:)/im.test(malformed),
  },
  apache: {
    title: 'Apache httpd',
    configuration: apache,
    is: ({ server, via }, malformed) =>
      /^apache\b/i.test(server ?? '') || /\bapache\//i.test(via ?? '') || /^server: apache/im.test(malformed),
  },
  caddy: { title: 'Caddy', configuration: caddy, is: ({ server, via }) => /caddy/i.test(`${server} ${via}`) },
  traefik: {
    title: 'Traefik',
    configuration: traefik,
    is: ({ server, via }, malformed) =>
      /traefik/i.test(server ?? '') ||
      // The answer of Go's HTTP server, which Caddy has too.
      (/\n\r?\n400 Bad Request/.test(malformed) && !/caddy/i.test(`${server} ${via}`)),
  },
  envoy: {
    title: 'Envoy',
    configuration: envoy,
    is: (headers, malformed) =>
      'x-envoy-upstream-service-time' in headers ||
      /envoy/i.test(headers['server'] ?? '') ||
      /^server: envoy/im.test(malformed),
  },
  varnish: {
    title: 'Varnish',
    configuration: varnish,
    is: (headers) => 'x-varnish' in headers || /varnish/i.test(headers['via'] ?? ''),
  },
  cloudflare: {
    title: 'Cloudflare',
    configuration: cloudflare,
    is: (headers) => 'cf-ray' in headers || /cloudflare/i.test(headers['server'] ?? ''),
  },
  alb: {
    title: 'AWS Application Load Balancer',
    configuration: alb,
    is: (headers, malformed) =>
      /^server: awselb/im.test(malformed) || /\bAWSALB/.test(headers['set-cookie'] ?? ''),
  },
} satisfies Record<string, Known>

export type ProxyName = keyof typeof known

export const proxyNames = Object.keys(known) as ProxyName[]

/** The proxies that most servers have in front, whose lines are shown where none is recognised. */
const common: readonly ProxyName[] = ['nginx', 'haproxy', 'apache', 'caddy']

export function titleOf(name: ProxyName): string {
  return known[name].title
}

/** Returns the proxies that a response, or the response to a malformed request, is from. */
export function recognize(headers: Readonly<Record<string, string>>, malformed: string): ProxyName[] {
  return proxyNames.filter((name) => (known[name] as Known).is(headers, malformed))
}

/** The lines of one proxy that remedy a fault. */
export interface Fix extends ConfigLines {
  readonly proxy: ProxyName
}

/** Returns the lines of the given proxies for a remedy, or those of common proxies if none is given. */
export function fixesOf(remedy: Remedy, proxies: readonly ProxyName[], place: Place): Fix[] {
  return (proxies.length > 0 ? proxies : common).flatMap((proxy) => {
    const found = known[proxy].configuration(remedy, place)
    return found ? [{ proxy, ...found }] : []
  })
}

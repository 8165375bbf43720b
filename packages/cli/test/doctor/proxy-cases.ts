import {
  hasApache,
  hasHaproxy,
  hasNginx,
  hasSquid,
  type RunningProxy,
  startApache,
  startHaproxy,
  startNginx,
  startSquid,
} from '@tidings/test-kit/proxies'
import type { CheckName } from '../../src/lib/doctor/finding.js'

/** A proxy with one fault. */
export interface ProxyCase {
  readonly what: string
  readonly isAble: boolean
  readonly proxy: string
  /** The check that finds the fault. */
  readonly check: CheckName
  readonly fact: RegExp
  /** The lines that `doctor` prints. */
  readonly lines: string
  readonly heartbeatMs?: number
  readonly waitMs?: number
  /** What the server's responses have as `Cache-Control`, in place of its own. */
  readonly cacheControl?: string
  /** Further checks that complain, and those that still do with the printed lines. */
  readonly also?: readonly CheckName[]
  readonly remaining?: readonly CheckName[]
  /** Starts the proxy with the fault, or with the printed lines. */
  start(upstream: number, lines: string): Promise<RunningProxy>
}

const nginx =
  (http: string) =>
  (upstream: number, lines: string): Promise<RunningProxy> =>
    startNginx(
      ({ port }) => `
  ${http}
  server {
    listen 127.0.0.1:${port};
    location /events {
      proxy_pass http://127.0.0.1:${upstream};
      ${lines.includes('proxy_set_header Host') ? '' : 'proxy_set_header Host $http_host;'}
      ${lines}
    }
  }`,
    )

export const cases: readonly ProxyCase[] = [
  {
    what: 'an nginx that cuts silent responses after five seconds',
    isAble: hasNginx,
    proxy: 'nginx',
    check: 'silence',
    fact: /^an idle event stream is cut after [4-7](\.\d)? s of silence$/,
    lines: 'proxy_read_timeout 60s;',
    heartbeatMs: 12_000,
    waitMs: 10_000,
    start: nginx('proxy_http_version 1.1; proxy_read_timeout 5s;'),
  },
  {
    what: 'an nginx that buffers',
    isAble: hasNginx,
    proxy: 'nginx',
    check: 'first event',
    fact: /^no event within \d+(\.\d)? s: the response is buffered$/,
    lines: 'proxy_buffering off;',
    // It passes on chunks of HTTP/1.1 as they come, and buffers HTTP/1.0, which it speaks by default.
    start: nginx('proxy_ignore_headers X-Accel-Buffering;'),
  },
  {
    what: 'an nginx that compresses everything',
    isAble: hasNginx,
    proxy: 'nginx',
    check: 'compression',
    fact: /^the event stream is compressed: Content-Encoding: gzip$/,
    lines: 'gzip off;',
    start: nginx('proxy_http_version 1.1; gzip on; gzip_types *; gzip_proxied any;'),
  },
  {
    what: 'an HAProxy that waits for more data',
    isAble: hasHaproxy,
    proxy: 'haproxy',
    check: 'delay',
    fact: /^\d+ of \d+ events arrived late/,
    lines: 'option http-no-delay',
    start: (upstream, lines) =>
      startHaproxy(
        ({ port }) => `
defaults
  mode http
  timeout connect 2s
  timeout client 60s
  timeout server 60s
  ${lines}

frontend web
  bind 127.0.0.1:${port}
  default_backend node

backend node
  server node 127.0.0.1:${upstream}`,
      ),
  },
  {
    what: 'an nginx that caches, and has equal requests wait',
    isAble: hasNginx,
    proxy: 'nginx',
    check: 'caching',
    fact: /^of two requests at the same time, the second got no event/,
    // To fill its cache, nginx goes on when its client has left.
    also: ['leaving'],
    lines: 'proxy_cache off;',
    start: nginx(`proxy_http_version 1.1;
  proxy_ignore_headers Cache-Control X-Accel-Buffering;
  proxy_cache_path cache keys_zone=events:1m;
  proxy_cache events;
  proxy_cache_valid 200 1m;
  proxy_cache_lock on;
  proxy_cache_lock_timeout 60s;`),
  },
  {
    what: 'a Squid that collapses equal requests, where `Cache-Control` was changed',
    isAble: hasSquid,
    proxy: 'squid',
    check: 'caching',
    fact: /^two requests got the same event stream: a cache collapses them/,
    lines: 'acl tidings urlpath_regex ^/events(/|\\?|$)\ncache deny tidings',
    // With the server's own header, Squid asks the server for each client.
    cacheControl: 'max-age=60',
    also: ['response headers', 'leaving'],
    remaining: ['response headers'],
    start: (upstream, lines) =>
      startSquid(
        ({ port }) => `
http_port 127.0.0.1:${port} accel vhost
cache_peer 127.0.0.1 parent ${upstream} 0 no-query no-digest originserver login=PASSTHRU
http_access allow all
collapsed_forwarding on
${lines}`,
      ),
  },
  {
    what: 'a Squid that keeps credentials to itself',
    isAble: hasSquid,
    proxy: 'squid',
    check: 'authorization',
    fact: /^Authorization was removed on the way$/,
    lines: 'cache_peer 10.0.0.1 parent 3000 0 no-query no-digest originserver login=PASSTHRU',
    start: (upstream, lines) =>
      startSquid(
        ({ port }) => `
http_port 127.0.0.1:${port} accel vhost
http_access allow all
${
  lines.replace('10.0.0.1 parent 3000', `127.0.0.1 parent ${upstream}`) ||
  `cache_peer 127.0.0.1 parent ${upstream} 0 no-query no-digest originserver`
}`,
      ),
  },
  {
    what: 'an Apache httpd that compresses everything',
    isAble: hasApache,
    proxy: 'apache',
    check: 'compression',
    fact: /^the event stream is compressed: Content-Encoding: gzip$/,
    lines: 'SetEnvIf Request_URI "^/events" no-gzip no-brotli',
    start: (upstream, lines) =>
      startApache(
        () => `
ProxyPreserveHost On
ProxyPass "/" "http://127.0.0.1:${upstream}/"
SetOutputFilter DEFLATE
${lines}`,
      ),
  },
  {
    what: 'an nginx that removes a header',
    isAble: hasNginx,
    proxy: 'nginx',
    check: 'request headers',
    fact: /^removed on the way: Last-Event-ID$/,
    lines: 'proxy_set_header Last-Event-ID $http_last_event_id;',
    start: (upstream, lines) =>
      startNginx(
        ({ port }) => `
  server {
    listen 127.0.0.1:${port};
    ${lines ? '' : 'proxy_set_header Last-Event-ID "";'}
    proxy_set_header Host $http_host;
    location /events {
      proxy_pass http://127.0.0.1:${upstream};
      ${lines && `proxy_set_header Host $http_host;\n${lines}`}
    }
  }`,
      ),
  },
  {
    what: 'an nginx that replaces Host',
    isAble: hasNginx,
    proxy: 'nginx',
    check: 'host',
    fact: /^pages of http:\/\/127\.0\.0\.1:\d+ are refused \(403\): another Host/,
    lines: 'proxy_set_header Host $http_host;',
    start: (upstream, lines) =>
      startNginx(
        ({ port }) => `
  server {
    listen 127.0.0.1:${port};
    location /events {
      proxy_pass http://127.0.0.1:${upstream};
      ${lines}
    }
  }`,
      ),
  },
]

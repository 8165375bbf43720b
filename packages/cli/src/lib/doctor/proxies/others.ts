import { type Configuration, lines } from '../remedy.js'

export const traefik: Configuration = (remedy, { mount }) => {
  switch (remedy.of) {
    case 'buffering':
      return lines(
        'a router of its own, without a `buffering` middleware',
        `rule: PathPrefix(\`${mount}\`)`,
        'middlewares: []',
      )
    case 'delay':
      return lines('in `services.<name>.loadBalancer`', 'responseForwarding: { flushInterval: 1ms }')
    case 'compression':
      return lines('in the `compress` middleware', 'excludedContentTypes: [text/event-stream]')
    case 'host':
      return lines('in `services.<name>.loadBalancer`', 'passHostHeader: true')
    case 'path':
      return lines('in `routers.<name>`, without `stripPrefix`', `rule: PathPrefix(\`${mount}\`)`)
    case 'silence':
    case 'duration':
      return lines(
        'in the static configuration',
        '--entryPoints.websecure.transport.respondingTimeouts.writeTimeout=0s',
        '--entryPoints.websecure.transport.respondingTimeouts.readTimeout=0s',
      )
    case 'body size':
      return lines('in the `buffering` middleware', `maxRequestBodyBytes: ${remedy.megabytes * 1024 * 1024}`)
    case 'request header':
      return lines(
        'a router of its own, without a `headers` middleware that removes it',
        `rule: PathPrefix(\`${mount}\`)`,
        'middlewares: []',
      )
    default:
      return undefined
  }
}

export const envoy: Configuration = (remedy, { mount }) => {
  const route = `in the \`route\` of \`match: { prefix: ${mount} }\``
  switch (remedy.of) {
    case 'silence':
      return lines(route, `idle_timeout: ${remedy.seconds}s`)
    case 'duration':
      return lines(route, 'timeout: 0s')
    case 'compression':
      return lines(
        `in the route's \`typed_per_filter_config\``,
        'envoy.filters.http.compressor: { "@type": type.googleapis.com/envoy.extensions.filters.http.compressor.v3.CompressorPerRoute, disabled: true }',
      )
    case 'buffering':
      return lines(
        `in the route's \`typed_per_filter_config\``,
        'envoy.filters.http.buffer: { "@type": type.googleapis.com/envoy.extensions.filters.http.buffer.v3.BufferPerRoute, disabled: true }',
      )
    case 'host':
      return lines(`${route}, in place of \`host_rewrite_literal\``, 'auto_host_rewrite: false')
    case 'http2':
      return lines('in `common_tls_context` of the listener', 'alpn_protocols: [h2, http/1.1]')
    case 'path':
      return lines(
        'in `routes`, without `prefix_rewrite`',
        `- { match: { prefix: ${mount} }, route: { cluster: tidings, timeout: 0s } }`,
      )
    default:
      return undefined
  }
}

export const varnish: Configuration = (remedy, { mount }) => {
  const pass = `if (req.url ~ "^${mount}(/|\\?|$)") { return (pass); }`
  switch (remedy.of) {
    case 'caching':
    case 'buffering':
    case 'request header':
      return lines('first in `sub vcl_recv`', pass)
    case 'compression':
      return lines(
        'in `sub vcl_backend_response`',
        `if (bereq.url ~ "^${mount}(/|\\?|$)") { set beresp.do_gzip = false; }`,
      )
    case 'silence':
      return lines('in `backend`', `.between_bytes_timeout = ${remedy.seconds}s;`)
    case 'duration':
      return lines(
        'first in `sub vcl_recv`',
        `if (req.url ~ "^${mount}(/|\\?|$)") { set sess.send_timeout = ${remedy.seconds}s; return (pass); }`,
      )
    default:
      return undefined
  }
}

export const cloudflare: Configuration = (remedy, { mount }) => {
  const path = `with the expression \`starts_with(http.request.uri.path, "${mount}")\``
  switch (remedy.of) {
    case 'buffering':
      return lines(`in Rules > Configuration Rules, ${path}`, 'Response Buffering: Off')
    case 'caching':
      return lines(`in Caching > Cache Rules, ${path}`, 'Cache eligibility: Bypass cache')
    case 'compression':
      return lines(`in Rules > Compression Rules, ${path}`, 'Compression options: Disable compression')
    case 'http2':
      return lines('in Speed > Settings > Protocol Optimization', 'HTTP/2: On')
    case 'method':
    case 'path':
      return lines(`in Security > WAF > Custom rules, ${path}`, 'Action: Skip')
    case 'silence':
      return lines(
        'in the server, since only Enterprise zones can change the Proxy Read Timeout of 100 s',
        'heartbeatMs: 15_000',
      )
    default:
      return undefined
  }
}

export const alb: Configuration = (remedy) => {
  const attributes = "in the load balancer's attributes"
  switch (remedy.of) {
    case 'silence':
      return lines(attributes, `idle_timeout.timeout_seconds = ${remedy.seconds}`)
    case 'http2':
      return lines(attributes, 'routing.http2.enabled = true')
    case 'host':
      return lines(attributes, 'routing.http.preserve_host_header.enabled = true')
    case 'request header':
      return lines(attributes, 'routing.http.drop_invalid_header_fields.enabled = false')
    default:
      return undefined
  }
}

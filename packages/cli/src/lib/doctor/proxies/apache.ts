import { type Configuration, lines } from '../remedy.js'

export const apache: Configuration = (remedy, { mount }) => {
  const host = 'in `<VirtualHost>`'
  const location = `in \`<Location "${mount}">\``
  switch (remedy.of) {
    case 'buffering':
    case 'delay':
      return lines(
        `${host}, in place of the \`ProxyPass\` that is there; and no \`SetOutputFilter BUFFER\``,
        `ProxyPass "${mount}" "http://127.0.0.1:3000${mount}" flushpackets=on`,
      )
    case 'compression':
      return lines(host, `SetEnvIf Request_URI "^${mount}" no-gzip no-brotli`)
    case 'caching':
      return lines(host, `CacheDisable "${mount}"`)
    case 'http2':
      return lines(`${host}, with mod_http2`, 'Protocols h2 http/1.1')
    case 'host':
      return lines(host, 'ProxyPreserveHost On')
    case 'method':
      return lines(location, 'AllowMethods GET HEAD POST OPTIONS')
    case 'path':
      return lines(host, `ProxyPass "${mount}" "http://127.0.0.1:3000${mount}"`)
    case 'silence':
      return lines(host, `ProxyTimeout ${remedy.seconds}`, `TimeOut ${remedy.seconds}`)
    case 'request header':
      return lines(
        'in place of the `RequestHeader unset` that is there',
        `RequestHeader unset ${remedy.header} "expr=%{REQUEST_URI} !~ m#^${mount}#"`,
      )
    case 'response header':
      return lines(
        'in place of the `Header unset` or `Header set` that is there',
        `Header unset ${remedy.header} "expr=%{REQUEST_URI} !~ m#^${mount}#"`,
      )
    case 'body size':
      return lines(location, `LimitRequestBody ${remedy.megabytes * 1024 * 1024}`)
    case 'leaving':
    case 'duration':
      return undefined
  }
}

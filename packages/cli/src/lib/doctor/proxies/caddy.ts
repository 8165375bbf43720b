import { type Configuration, lines } from '../remedy.js'

export const caddy: Configuration = (remedy, { mount }) => {
  const site = 'in the site'
  const proxy = 'in `reverse_proxy { … }`'
  switch (remedy.of) {
    case 'buffering':
    case 'leaving':
      return lines(
        'without `flush_interval`, `request_buffers` and `response_buffers`',
        `reverse_proxy ${mount}* 127.0.0.1:3000`,
      )
    case 'compression':
      return lines(
        `${site}, in place of the \`encode\` that is there`,
        `@others not path ${mount}*`,
        'encode @others zstd gzip',
      )
    case 'http2':
      return lines('in the global options, in `servers { … }`', 'protocols h1 h2 h3')
    case 'host':
      return lines(`${proxy}, in place of another \`header_up Host\``, 'header_up Host {http.request.host}')
    case 'path':
      return lines(`${site}; \`handle_path\` would remove the path`, `reverse_proxy ${mount}* 127.0.0.1:3000`)
    case 'silence':
      return lines(`${proxy}, in \`transport http { … }\``, `read_timeout ${remedy.seconds}s`)
    case 'duration':
      return lines(
        `${proxy}; and no \`write\` in the global \`timeouts\``,
        `stream_timeout ${remedy.seconds}s`,
      )
    case 'request header':
      return lines(
        `${proxy}, in place of \`header_up -${remedy.header}\``,
        `header_up ${remedy.header} {http.request.header.${remedy.header}}`,
      )
    case 'response header':
      return lines(
        `${proxy}, in place of \`header_down -${remedy.header}\``,
        `header_down ${remedy.header} {http.reverse_proxy.header.${remedy.header}}`,
      )
    case 'body size':
      return lines(site, `request_body ${mount}* {`, `  max_size ${remedy.megabytes}MB`, '}')
    case 'delay':
    case 'caching':
    case 'method':
      return undefined
  }
}

import { type Configuration, lines } from '../remedy.js'

export const nginx: Configuration = (remedy, { mount }) => {
  const location = `in \`location ${mount} { … }\``
  // nginx inherits them only into a level without any.
  const headers = `${location}, with the others that are set outside, which are ignored then`
  switch (remedy.of) {
    case 'buffering':
      return lines(location, 'proxy_buffering off;')
    case 'delay':
      return lines(location, 'tcp_nodelay on;')
    case 'compression':
      return lines(location, 'gzip off;')
    case 'caching':
      return lines(location, 'proxy_cache off;')
    case 'http2':
      return lines('in `server { … }`, with TLS; before 1.25.1: `listen 443 ssl http2;`', 'http2 on;')
    case 'host':
      return lines(headers, 'proxy_set_header Host $http_host;')
    case 'leaving':
      return lines(location, 'proxy_ignore_client_abort off;')
    case 'method':
      return lines(
        `${location}, in place of another \`limit_except\``,
        'limit_except GET POST OPTIONS { deny all; }',
      )
    case 'path':
      return lines(
        'in `server { … }`, without a path after the address',
        `location ${mount} { proxy_pass http://127.0.0.1:3000; }`,
      )
    case 'silence':
      return lines(location, `proxy_read_timeout ${remedy.seconds}s;`)
    case 'duration':
      return lines(
        'at the top level, if the cut comes after a reload',
        `worker_shutdown_timeout ${remedy.seconds}s;`,
      )
    case 'request header':
      return lines(headers, `proxy_set_header ${remedy.header} $http_${variable(remedy.header)};`)
    case 'response header':
      return lines(
        location,
        `proxy_pass_header ${remedy.header};`,
        ...(remedy.header === 'Cache-Control' ? ['expires off;'] : []),
      )
    case 'body size':
      return lines(location, `client_max_body_size ${remedy.megabytes}m;`)
  }
}

function variable(header: string): string {
  return header.toLowerCase().replaceAll('-', '_')
}

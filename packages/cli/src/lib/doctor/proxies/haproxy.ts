import { type Configuration, lines } from '../remedy.js'

export const haproxy: Configuration = (remedy, { mount }) => {
  const defaults = 'in `defaults`'
  const outside = `unless { path_beg ${mount} }`
  switch (remedy.of) {
    case 'buffering':
    case 'delay':
      return lines(defaults, 'option http-no-delay')
    case 'compression':
      return lines(
        'in the `frontend` or `backend` that has `compression`, in place of its types',
        'compression type text/html text/css text/javascript application/javascript application/json image/svg+xml',
      )
    case 'caching':
      return lines(
        'in place of the `http-request cache-use` that is there',
        `http-request cache-use <name> ${outside}`,
      )
    case 'http2':
      return lines('in `frontend`', 'bind :443 ssl crt <file> alpn h2,http/1.1')
    case 'host':
      return lines(
        'in place of the `http-request set-header Host` that is there',
        `http-request set-header Host <name> ${outside}`,
      )
    case 'leaving':
      return lines(defaults, 'option abortonclose')
    case 'method':
      return lines(
        'in `frontend`, before the rule that denies',
        `http-request allow if { path_beg ${mount} } { method GET POST OPTIONS }`,
      )
    case 'path':
      return lines('in `frontend`', `use_backend tidings if { path_beg ${mount} }`)
    case 'silence':
      return lines(defaults, `timeout server ${remedy.seconds}s`, `timeout client ${remedy.seconds}s`)
    case 'duration':
      return lines('in `global`, if the cut comes after a reload', `hard-stop-after ${remedy.seconds}s`)
    case 'request header':
      return lines(
        'in place of the `http-request del-header` that is there',
        `http-request del-header ${remedy.header} ${outside}`,
      )
    case 'response header':
      return lines(
        'in place of the `http-response del-header` that is there',
        `http-response del-header ${remedy.header} if !{ res.hdr(content-type) -m beg text/event-stream }`,
      )
    case 'body size':
      return lines(
        'in place of the `http-request deny` that compares `req.body_size`',
        `http-request deny if { req.body_size gt ${remedy.megabytes * 1024 * 1024} }`,
      )
  }
}

import { type Configuration, lines } from '../remedy.js'

export const squid: Configuration = (remedy, { mount }) => {
  const file = 'in `squid.conf`'
  const acl = `acl tidings urlpath_regex ^${mount.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')}(/|\\?|$)`
  switch (remedy.of) {
    case 'caching':
      return lines(file, acl, 'cache deny tidings')
    case 'host':
      return lines(`${file}, in place of the \`http_port\` that is there`, 'http_port 80 accel vhost')
    case 'leaving':
      return lines(file, 'quick_abort_min 0 KB', 'quick_abort_max 0 KB')
    case 'silence':
      return lines(file, `read_timeout ${remedy.seconds} seconds`, `write_timeout ${remedy.seconds} seconds`)
    case 'duration':
      return lines(file, `client_lifetime ${remedy.seconds} seconds`)
    case 'request header':
      // Squid keeps credentials for itself, whatever the rules.
      if (remedy.header === 'Authorization') {
        return lines(
          `${file}, in place of the \`cache_peer\` that is there`,
          'cache_peer 10.0.0.1 parent 3000 0 no-query no-digest originserver login=PASSTHRU',
        )
      }
      return lines(
        `${file}, before the rule that denies it`,
        `request_header_access ${remedy.header} allow all`,
      )
    case 'response header':
      return lines(
        `${file}, before the rule that denies it`,
        `reply_header_access ${remedy.header} allow all`,
      )
    case 'method':
      return lines(`${file}, before the rule that denies`, acl, 'http_access allow tidings')
    case 'body size':
      return lines(file, `request_body_max_size ${remedy.megabytes} MB`)
    case 'buffering':
      return lines(file, 'read_ahead_gap 16 KB')
    case 'delay':
    case 'compression':
    case 'http2':
    case 'path':
      return undefined
  }
}

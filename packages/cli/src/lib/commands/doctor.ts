import type { Argv } from 'yargs'
import { defineCommand } from '../command.js'
import { diagnose } from '../doctor/diagnose.js'
import { type ProxyName, proxyNames } from '../doctor/proxy.js'
import { Report } from '../doctor/report.js'
import { pathOf, type Target } from '../doctor/target.js'
import { exitCode, UsageError } from '../exit-code.js'
import { ProgressLine } from '../progress-line.js'
import { headersOf, mountUrl } from '../request.js'
import { jsonOption, milliseconds, requestOptions, urlPositional } from '../shared-options.js'

/** The longest watch: an hour, which is how long a server keeps a connection. */
const maxWaitMs = 3_600_000

export const doctor = defineCommand({
  usage: 'doctor <url>',
  summary: 'Find what a proxy does to event streams, and how to fix it',
  description:
    'Connect through whatever is between, and report buffering, compression, caching, timeouts, headers and the version of HTTP, each with the lines of configuration that fix it. Calls no command and subscribes to nothing. Exits with 1 if there is a fault.',
  examples: [
    ['doctor https://example.org/events', 'Examine a server'],
    ['doctor https://example.org/events --proxy haproxy', 'Print fixes for HAProxy'],
    ['doctor https://example.org/events --wait 90s', 'Find a timeout of up to 90 s'],
    [
      'doctor https://api.example.org/events --origin https://example.org',
      'Examine what a page of another host may do',
    ],
  ],
  builder: (yargs: Argv) =>
    urlPositional(jsonOption(requestOptions(yargs)))
      .option('wait', {
        type: 'string',
        requiresArg: true,
        default: '20s',
        coerce: waitOf,
        description: 'How long to watch an idle stream: longer than the heartbeat',
      })
      .option('proxy', {
        choices: proxyNames,
        requiresArg: true,
        description: 'The proxy in front, if it is not recognized',
      })
      .option('origin', {
        type: 'string',
        requiresArg: true,
        coerce: originOf,
        description: 'The origin of pages on another host',
      })
      .option('insecure', {
        type: 'boolean',
        default: false,
        description: 'Go on with a certificate that is not valid',
      }),
  run: async (args, { io, output, signal }) => {
    const target: Target = {
      url: new URL(mountUrl(args.url)),
      headers: headersOf(args, io.env),
      insecure: args.insecure,
      timeoutMs: args.timeout,
    }
    const report = new Report(output, { mount: pathOf(target) }, args.json)
    const progress = new ProgressLine(io.stderr)
    let printed = Promise.resolve()
    progress.show(`connecting to ${target.url.host}`, 0)
    try {
      await diagnose(
        target,
        { waitMs: args.wait, origin: args.origin, proxy: args.proxy as ProxyName | undefined },
        {
          onProxies: (proxies) => {
            report.proxies = proxies
          },
          onFinding: (finding) => {
            progress.clear()
            printed = printed.then(() => report.print(finding))
          },
          onProgress: (what, done) => progress.show(what, done),
        },
        signal,
      )
    } finally {
      progress.clear()
      await printed
    }
    await report.conclude()
    return report.hasFault ? exitCode.refused : exitCode.ok
  },
})

function waitOf(text: string): number {
  const ms = milliseconds('wait', text)
  if (ms > maxWaitMs) throw new UsageError(`--wait is longer than an hour: "${text}"`)
  return ms
}

function originOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined
  const origin = URL.canParse(text) ? new URL(text).origin : 'null'
  // A browser sends neither a path nor a slash at the end.
  if (origin !== text) {
    const hint = origin === 'null' ? 'https://example.org' : origin
    throw new UsageError(`--origin is not an origin: "${text}". Write ${hint}`)
  }
  return origin
}

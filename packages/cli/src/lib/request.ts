import { CliError, exitCode, UsageError } from './exit-code.js'
import type { Io } from './io.js'
import type { ServerArgs } from './shared-options.js'

/** Checks the URL where a server is mounted, and returns it without a slash at its end. */
export function mountUrl(text: string): string {
  if (!/^https?:\/\//i.test(text)) {
    const isHost = /^[\w.-]+(:\d+)?(\/|$)/.test(text)
    throw new UsageError(
      `"${text}" is not a URL`,
      isHost ? `Did you mean http://${text}?` : 'Give one that begins with http:// or https://',
    )
  }
  if (!URL.canParse(text)) throw new UsageError(`"${text}" is not a URL`)
  const { username, password, search, hash } = new URL(text)
  if (username || password) throw new UsageError('The URL contains a password. Use --token or --header')
  if (search || hash) {
    throw new UsageError(
      `The URL "${text}" has a query. Give the URL where the server is mounted`,
      'Params are arguments: tidings tail <url> room roomId=lobby',
    )
  }
  return text.replace(/\/+$/, '')
}

/** Returns the headers that the options `--header` and `--token` ask for. */
export function headersOf({ header = [], token }: ServerArgs, env: Io['env']): Record<string, string> {
  const headers: Record<string, string> = {}
  const bearer = token ?? env['TIDINGS_TOKEN']
  if (bearer) headers['authorization'] = `Bearer ${bearer}`
  for (const text of header) {
    const [, name, value] = /^([!#$%&'*+.^_`|~\w-]+):\s*([^\r\n\0]*)$/.exec(text) ?? []
    if (name === undefined || value === undefined) {
      throw new UsageError(`--header is not a header: "${text}"`, "Write it as 'name: value'")
    }
    headers[name.toLowerCase()] = value.trim()
  }
  return headers
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'the connection was refused. Is the server running?',
  ECONNRESET: 'the connection was closed before a response',
  UND_ERR_SOCKET: 'the connection was closed before a response',
  ENOTFOUND: 'the host is not known',
  EAI_AGAIN: 'the name of the host could not be looked up',
  EHOSTUNREACH: 'there is no route to the host',
  ENETUNREACH: 'there is no route to the network',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is self-signed. Trust it with NODE_EXTRA_CA_CERTS=<file>',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is self-signed. Trust it with NODE_EXTRA_CA_CERTS=<file>',
  CERT_HAS_EXPIRED: 'its certificate has expired',
}

/** Makes the error for a server that did not answer. `cause` is what `fetch` rejected with. */
export function unreachable(mount: string, cause: unknown, timeoutMs: number): CliError {
  return new CliError(`Cannot reach ${mount}: ${reasonOf(cause, timeoutMs)}`, {
    exitCode: exitCode.unreachable,
    cause,
  })
}

function reasonOf(error: unknown, timeoutMs: number): string {
  if (!(error instanceof Error)) return String(error)
  if (error.name === 'TimeoutError') return `no answer within ${timeoutMs / 1000} s`
  const { code } = error as NodeJS.ErrnoException
  if (code !== undefined && reasons[code]) return reasons[code]
  if (error.cause) return reasonOf(error.cause, timeoutMs)
  if (error instanceof AggregateError && error.errors[0]) return reasonOf(error.errors[0], timeoutMs)
  return error.message || code || error.name
}

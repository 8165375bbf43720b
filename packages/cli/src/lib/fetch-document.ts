import type { ContractDocument } from '@tidings/core/describe'
import { fromProblem } from '@tidings/core/wire'
import type { Session } from './command.js'
import { CliError, exitCode } from './exit-code.js'
import { findMount, healthOf } from './health.js'
import { parseDocument } from './parse-document.js'
import { headersOf, mountUrl, unreachable } from './request.js'
import type { ServerArgs } from './shared-options.js'

/** Characters that a description may have. Those of the largest contracts have some hundred thousand. */
const maxLength = 32 * 1024 * 1024

/** Milliseconds to wait for each response that is requested only to explain an error. */
const explanationMs = 2_000

interface Answer {
  readonly status: number
  readonly headers: Headers
  readonly text: string
}

/** Fetches the description that a server gives of its contract. */
export async function fetchDocument(
  url: string,
  args: ServerArgs,
  session: Session,
): Promise<ContractDocument> {
  const mount = mountUrl(url)
  const address = `${mount}/$contract`
  const { status, headers, text } = await get(address, mount, args, session)
  const isOk = status >= 200 && status < 300
  if (isOk && /^application\/([\w.-]+\+)?json/i.test(headers.get('content-type') ?? '')) {
    return parseDocument(text, address)
  }
  if (status >= 300 && status < 400) throw redirected(mount, headers.get('location'))
  const problem = isOk ? undefined : problemOf(text)
  if (problem ? status !== 404 : status === 401 || status === 403) {
    throw refused(status, problem?.message ?? 'not allowed', mount)
  }
  const health = (at: string) =>
    get(`${at}/$health`, at, { ...args, timeout: Math.min(args.timeout, explanationMs) }, session)
  if (problem && healthOf(await health(mount))) {
    throw new CliError(`The server at ${mount} does not describe its contract`, {
      hint: 'Set the option `describe` of createServer, or give the contract with --contract <file>',
    })
  }
  const { origin } = new URL(mount)
  const other = await findMount(new URL(mount), (path) => health(origin + path))
  session.signal.throwIfAborted()
  if (other !== undefined) throw elsewhere(mount, other)
  if (problem) throw notMounted(`No server is mounted at ${mount}: ${problem.message}`)
  const type = headers.get('content-type') ?? 'not given'
  throw notTidings(mount, isOk ? `its content type is ${type}` : `it answered ${status}`)
}

/** @param mount the URL that the error names if the server cannot be reached */
async function get(
  address: string,
  mount: string,
  args: ServerArgs,
  { io, signal }: Session,
): Promise<Answer> {
  try {
    const response = await fetch(address, {
      headers: { accept: 'application/json', ...headersOf(args, io.env) },
      // A followed redirect may send the headers to another origin, and the client follows none.
      redirect: 'manual',
      signal: AbortSignal.any([signal, AbortSignal.timeout(args.timeout)]),
    })
    return { status: response.status, headers: response.headers, text: await textOf(response, address) }
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof CliError ? cause : unreachable(mount, cause, args.timeout)
  }
}

async function textOf({ body }: Response, address: string): Promise<string> {
  const decoder = new TextDecoder()
  let text = ''
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    text += decoder.decode(chunk, { stream: true })
    if (text.length > maxLength) throw new CliError(`${address} answered more than ${maxLength} characters`)
  }
  return text
}

function redirected(mount: string, location: string | null): CliError {
  const target = location?.replace(/\/\$contract$/, '') ?? 'an address that it does not give'
  return new CliError(`${mount} redirects to ${target}`, {
    exitCode: exitCode.unreachable,
    hint: 'Redirects are not followed, with which your credentials would be sent on. Give the URL of the server itself',
  })
}

function elsewhere(mount: string, other: string): CliError {
  return new CliError(`The server is mounted at ${other}, not at ${mount}`, {
    exitCode: exitCode.unreachable,
  })
}

/** Makes the error for an address where something else answers. */
function notTidings(mount: string, why: string): CliError {
  return notMounted(`What answers at ${mount} is not a server of Tidings: ${why}`)
}

function notMounted(message: string): CliError {
  return new CliError(message, {
    exitCode: exitCode.unreachable,
    hint: 'Give the URL where the server is mounted, such as https://example.org/events',
  })
}

function refused(status: number, message: string, mount: string): CliError {
  const isCredentials = status === 401 || status === 403
  return new CliError(`The server at ${mount} refused: ${message} (${status})`, {
    hint: isCredentials ? "Send your credentials with --token, or with --header 'name: value'" : undefined,
  })
}

function problemOf(text: string) {
  try {
    return fromProblem(JSON.parse(text))
  } catch {
    return undefined
  }
}

import type { ContractDocument } from '@tidings/core/describe'
import { fromProblem } from '@tidings/core/wire'
import type { Session } from './command.js'
import { CliError, exitCode } from './exit-code.js'
import { parseDocument } from './parse-document.js'
import { headersOf, mountUrl, unreachable } from './request.js'
import type { ServerArgs } from './shared-options.js'

/** Characters that a description may have. Those of the largest contracts have some hundred thousand. */
const maxLength = 32 * 1024 * 1024

/** Fetches the description that a server gives of its contract. */
export async function fetchDocument(
  url: string,
  args: ServerArgs,
  { io, signal }: Session,
): Promise<ContractDocument> {
  const mount = mountUrl(url)
  const address = `${mount}/$contract`
  const response = await fetch(address, {
    headers: { accept: 'application/json', ...headersOf(args, io.env) },
    // A followed redirect may send the headers to another origin, and the client follows none.
    redirect: 'manual',
    signal: AbortSignal.any([signal, AbortSignal.timeout(args.timeout)]),
  }).catch((cause: unknown) => {
    signal.throwIfAborted()
    throw unreachable(mount, cause, args.timeout)
  })
  if (response.status >= 300 && response.status < 400) {
    await response.body?.cancel()
    throw redirected(mount, response.headers.get('location'))
  }
  const text = await bodyOf(response, address, args, signal)
  if (!response.ok) throw refused(response.status, text, mount)
  if (!/^application\/([\w.-]+\+)?json/i.test(response.headers.get('content-type') ?? '')) {
    throw notTidings(mount, `its content type is ${response.headers.get('content-type') ?? 'not given'}`)
  }
  return parseDocument(text, address)
}

async function bodyOf(response: Response, address: string, args: ServerArgs, signal: AbortSignal) {
  const decoder = new TextDecoder()
  let text = ''
  try {
    for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
      text += decoder.decode(chunk, { stream: true })
      if (text.length > maxLength) throw new CliError(`${address} answered more than ${maxLength} characters`)
    }
  } catch (cause) {
    signal.throwIfAborted()
    throw cause instanceof CliError ? cause : unreachable(address, cause, args.timeout)
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

/** Makes the error for an address where something else answers. */
function notTidings(mount: string, why: string): CliError {
  return new CliError(`What answers at ${mount} is not a server of Tidings: ${why}`, {
    exitCode: exitCode.unreachable,
    hint: 'Give the URL where the server is mounted, such as https://example.org/events',
  })
}

function refused(status: number, text: string, mount: string): CliError {
  const problem = problemOf(text)
  if (status === 401 || status === 403) {
    return new CliError(`The server at ${mount} refused: ${problem?.message ?? 'not allowed'} (${status})`, {
      hint: "Send your credentials with --token, or with --header 'name: value'",
    })
  }
  if (status === 404 && problem) {
    return new CliError(`The server at ${mount} does not describe its contract`, {
      hint: 'Set the option `describe` of createServer, or give the contract with --contract <file>',
    })
  }
  if (problem) return new CliError(`The server at ${mount} refused: ${problem.message} (${status})`)
  return notTidings(mount, `it answered ${status}`)
}

function problemOf(text: string) {
  try {
    return fromProblem(JSON.parse(text))
  } catch {
    return undefined
  }
}

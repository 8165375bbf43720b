/** A request of the page, to copy. */
export interface CopiedCall {
  /** The URL where the server is mounted. */
  readonly mount: string
  readonly headers: Readonly<Record<string, string>>
}

/** A topic, a call, or a run that exists. */
export type CurlRequest =
  /** @param key identifies the topic: `room?roomId=lobby` */
  | { readonly kind: 'channel'; readonly key: string; readonly cursor?: string | undefined }
  | { readonly kind: 'command'; readonly path: string; readonly input: unknown }
  | {
      readonly kind: 'stream'
      readonly path: string
      readonly input: unknown
      readonly runId?: string | undefined
    }
  | {
      readonly kind: 'run'
      readonly path: string
      readonly runId: string
      readonly cursor?: string | undefined
    }

/** Returns the curl command of a request, for a POSIX shell. Undefined as input stands for a call without input. */
export function curlOf({ mount, headers }: CopiedCall, request: CurlRequest): string {
  const isStream = request.kind !== 'command'
  const parts = [isStream ? 'curl -N' : 'curl', quoted(`${mount}/${pathOf(request)}`)]
  const all = { ...headers, ...headersOf(request) }
  for (const [name, value] of Object.entries(all)) parts.push(`-H ${quoted(`${name}: ${value}`)}`)
  if (request.kind === 'command' || request.kind === 'stream') {
    if (request.input === undefined) parts.push('-X POST')
    else parts.push(`--data-raw ${quoted(JSON.stringify(request.input))}`)
  }
  return parts.join(' \\\n  ')
}

function pathOf(request: CurlRequest): string {
  if (request.kind === 'channel') return request.key
  // `$` stands for itself in a query, and between single quotes.
  return request.kind === 'run' ? `${request.path}?$run=${encodeURIComponent(request.runId)}` : request.path
}

function headersOf(request: CurlRequest): Record<string, string> {
  if (request.kind === 'channel' || request.kind === 'run') {
    return request.cursor === undefined ? {} : { 'Last-Event-ID': request.cursor }
  }
  return {
    ...(request.input !== undefined && { 'Content-Type': 'application/json' }),
    ...(request.kind === 'stream' && request.runId !== undefined && { 'Idempotency-Key': request.runId }),
  }
}

/** Quotes a text as one word of a POSIX shell, whatever it contains. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

import { type Issue, TidingsError } from './error.js'

/**
 * An error as it crosses the wire: a problem document, RFC 9457 section 3, with `code`, `data`, `issues` and
 * `retryAfterMs` as extension members (section 3.2). `type` is left out, which means `about:blank`.
 */
export interface Problem {
  readonly title: string
  readonly status: number
  readonly detail: string
  readonly code: string
  readonly data?: unknown
  readonly issues?: readonly Issue[]
  readonly retryAfterMs?: number
}

/** The media type of a problem document: RFC 9457 section 3. */
export const problemContentType = 'application/problem+json'

const titles: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  403: 'Forbidden',
  404: 'Not Found',
  405: 'Method Not Allowed',
  408: 'Request Timeout',
  409: 'Conflict',
  410: 'Gone',
  413: 'Content Too Large',
  415: 'Unsupported Media Type',
  422: 'Unprocessable Content',
  429: 'Too Many Requests',
  500: 'Internal Server Error',
  503: 'Service Unavailable',
}

/**
 * Writes an error as a problem document, with an allow-list of its fields: no `cause`, no stack.
 *
 * `data` must be encoded already.
 */
export function toProblem(error: TidingsError): Problem {
  const isHttp = Number.isInteger(error.status) && error.status >= 400 && error.status <= 599
  const status = isHttp ? error.status : 500
  return {
    title: titles[status] ?? (status < 500 ? 'Client Error' : 'Server Error'),
    status,
    detail: error.message,
    code: error.code,
    ...(error.data === undefined ? {} : { data: error.data }),
    // An error thrown from untyped code may hold anything.
    ...(Array.isArray(error.issues) ? { issues: error.issues.filter(isIssue).map(toIssue) } : {}),
    ...(isDuration(error.retryAfterMs) ? { retryAfterMs: error.retryAfterMs } : {}),
  }
}

/** Copies the known fields: an issue made by a handler may have others, such as the input. */
function toIssue({ path, message, code }: Issue): Issue {
  return { path, message, ...(code === undefined ? {} : { code }) }
}

/** Parses a problem document. Returns undefined for any other value. `data` stays encoded. */
export function fromProblem(value: unknown): TidingsError | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { code, detail, status, data, issues, retryAfterMs } = value as Partial<
    Record<keyof Problem, unknown>
  >
  if (typeof code !== 'string' || typeof status !== 'number') return undefined
  return asReceived(
    new TidingsError({
      code,
      status,
      message: typeof detail === 'string' ? detail : code,
      data,
      issues: Array.isArray(issues) ? issues.filter(isIssue) : undefined,
      retryAfterMs: isDuration(retryAfterMs) ? retryAfterMs : undefined,
    }),
  )
}

/** JSON can contain numbers that are not a duration: `-1`, and `1e999`, which is Infinity. */
function isDuration(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0
}

function isIssue(value: unknown): value is Issue {
  if (typeof value !== 'object' || value === null) return false
  const { path, message, code } = value as Partial<Record<keyof Issue, unknown>>
  return (
    Array.isArray(path) &&
    path.every((step) => typeof step === 'string' || typeof step === 'number') &&
    typeof message === 'string' &&
    (code === undefined || typeof code === 'string')
  )
}

const received: unique symbol = Symbol.for('@tidings/received') as never

/** Marks an error as sent by a server, rather than made by this program. */
export function asReceived(error: TidingsError): TidingsError {
  return Object.defineProperty(error, received, { value: true })
}

/** Whether an error was sent by a server. */
export function isReceived(error: TidingsError): boolean {
  return received in error
}

/** Errors, and the problem documents (RFC 9457) that carry them over the wire. */

/** Tidings' own error codes, each with its HTTP status. */
const statusOfCode = {
  /** The request itself is malformed: broken JSON, a repeated query parameter. */
  bad_request: 400,
  /** The input does not fit the contract; `issues` say where. */
  invalid_input: 400,
  /** The caller is not authenticated. */
  unauthorized: 401,
  /** The caller is authenticated but not allowed. */
  forbidden: 403,
  not_found: 404,
  method_not_allowed: 405,
  timeout: 408,
  /**
   * The idempotency key was used before: for another request, or for this one, whose answer was too long to
   * keep.
   */
  conflict: 409,
  /** The connection that a control request refers to no longer exists. */
  gone: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  /** The server failed unexpectedly. The details stay on the server. */
  internal: 500,
  /** The server is closing. */
  unavailable: 503,
  /** The client's unread data exceeds the limit. */
  too_large: 500,
  /**
   * A value that a handler returned or emitted does not fit the contract. Clients receive `internal` instead.
   */
  invalid_output: 500,
  /** The contract has a mistake. Thrown where the contract is defined. */
  invalid_contract: 500,
  /** The arguments of a server or client are wrong: a handler is missing, or options exclude each other. */
  invalid_options: 500,
  /** The client could not reach the server, or lost the connection before the answer was complete. */
  network: 0,
  /** The server's answer does not fit the contract, or does not come from Tidings. */
  invalid_response: 0,
  /** The caller's own `AbortSignal` fired, or the caller left. */
  aborted: 0,
  /** The client or server was closed. */
  closed: 0,
} as const

/** One of Tidings' own error codes. A command's declared errors add their names to these. */
export type ErrorCode = keyof typeof statusOfCode

/** The default status of an error that a contract declares. */
const declaredErrorStatus = 422

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

export const errorCodes: readonly string[] = Object.keys(statusOfCode)

/** One problem with a value: its path, a message, and zod's code for it. */
export interface Issue {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly code?: string | undefined
}

/** The fields of a new {@link TidingsError}. */
export interface TidingsErrorInit<Code extends string = string, Data = unknown> {
  code: Code
  /** Says what failed, with which value, and what to do about it. */
  message: string
  /** The HTTP status. Defaults to the code's own, and to 422 for an error that a contract declares. */
  status?: number | undefined
  data?: Data
  issues?: readonly Issue[] | undefined
  retryAfterMs?: number | undefined
  /** The underlying error. Never sent over the wire. */
  cause?: unknown
}

// A registered symbol, so that two installed copies of this package recognise each other's errors.
const marker: unique symbol = Symbol.for('@tidings/error') as never

/**
 * The error class of Tidings: every refusal, failure and lost connection is one, distinguished by `code`.
 *
 * Recognise it with {@link isTidingsError} rather than `instanceof`, which fails between two installed
 * copies. A handler that throws one sends it to the caller as the answer; anything else a handler throws
 * becomes `internal`.
 */
export class TidingsError<Code extends string = string, Data = unknown> extends Error {
  /** The kind of failure: an {@link ErrorCode}, or the name of an error that the contract declares. */
  readonly code: Code
  /** The HTTP status of the answer; 0 for an error that occurred only on the client. */
  readonly status: number
  /** The data of a declared error, typed by the contract. */
  readonly data: Data
  /** The problems of a value that does not fit its schema. */
  readonly issues: readonly Issue[] | undefined
  /** Milliseconds to wait before trying again, as the server asks. */
  readonly retryAfterMs: number | undefined

  constructor(init: TidingsErrorInit<Code, Data>) {
    super(init.message, init.cause === undefined ? undefined : { cause: init.cause })
    this.name = 'TidingsError'
    this.code = init.code
    this.status = init.status ?? (isErrorCode(init.code) ? statusOfCode[init.code] : declaredErrorStatus)
    this.data = init.data as Data
    this.issues = init.issues
    this.retryAfterMs = init.retryAfterMs
    Object.defineProperty(this, marker, { value: true })
  }
}

/** Whether a value is a {@link TidingsError}, of this or another installed copy of the package. */
export function isTidingsError(value: unknown): value is TidingsError {
  return typeof value === 'object' && value !== null && (value as { [marker]?: unknown })[marker] === true
}

const received: unique symbol = Symbol.for('@tidings/received') as never

/** Marks an error as received over the wire: the answer of a server, and not of this program. */
export function asReceived(error: TidingsError): TidingsError {
  return Object.defineProperty(error, received, { value: true })
}

/** Whether an error came over the wire. */
export function isReceived(error: TidingsError): boolean {
  return received in error
}

export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(statusOfCode, code)
}

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

/**
 * Writes an error as a problem document, with an allow-list of its fields: no `cause`, no stack.
 *
 * `data` is expected to be encoded already.
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

/** An issue made by a handler may hold further fields, such as the input. */
function toIssue({ path, message, code }: Issue): Issue {
  return { path, message, ...(code === undefined ? {} : { code }) }
}

/**
 * Parses a problem document. Returns undefined for a value that is not from Tidings. `data` stays as
 * received.
 */
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

/** JSON can hold numbers that are not a duration: `-1`, and `1e999`, which is Infinity. */
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

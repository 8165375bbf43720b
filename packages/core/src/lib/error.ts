/** Tidings' own error codes, each with its HTTP status. */
export const statusOfCode = {
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
   * The idempotency key was used before: for another request, or for this one, whose response was too long to
   * keep.
   */
  conflict: 409,
  /** The connection that a control request refers to no longer exists. */
  gone: 410,
  /** The run was cancelled, or its last reader left. */
  cancelled: 410,
  payload_too_large: 413,
  unsupported_media_type: 415,
  too_many_requests: 429,
  /** The server failed unexpectedly. The details stay on the server. */
  internal: 500,
  /** The server is closing. */
  unavailable: 503,
  /** The node that ran the stream is gone: the run has ended without an output. Call the stream again. */
  interrupted: 503,
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
  /** The client could not reach the server, or lost the connection before the response was complete. */
  network: 0,
  /** The server's response does not fit the contract, or does not come from Tidings. */
  invalid_response: 0,
  /** The caller's own `AbortSignal` fired, or the caller left. */
  aborted: 0,
  /** The client or server was closed. */
  closed: 0,
} as const

/** One of Tidings' own error codes. A command's declared errors add their names to these. */
// Editors show a union that `Extract` returns by the alias' name, and one that `keyof` returns code by code.
export type ErrorCode = Extract<keyof typeof statusOfCode, string>

/** The default status of an error that a contract declares. */
export const declaredErrorStatus = 422

export const errorCodes: readonly string[] = Object.keys(statusOfCode)

/** An issue with a value: its path, a message, and zod's code for it. */
export interface Issue {
  readonly path: readonly (string | number)[]
  readonly message: string
  readonly code?: string | undefined
}

/** The fields of a new {@link TidingsError}. */
export interface TidingsErrorInit<Code extends string = string, Data = unknown> {
  code: Code
  /** Says what failed, with which value, and what to do about it. Defaults to `Refused: ` and the code. */
  message?: string | undefined
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
 * copies. A handler that throws one sends it to the caller; anything else a handler throws becomes
 * `internal`.
 */
export class TidingsError<Code extends string = string, Data = unknown> extends Error {
  /** The kind of failure: an {@link ErrorCode}, or the name of an error that the contract declares. */
  readonly code: Code
  /** The HTTP status of the response; 0 for an error that occurred only on the client. */
  readonly status: number
  /** The data of a declared error, typed by the contract. */
  readonly data: Data
  /** The issues of a value that does not fit its schema. */
  readonly issues: readonly Issue[] | undefined
  /** Milliseconds to wait before trying again, as the server asks. */
  readonly retryAfterMs: number | undefined

  constructor(init: TidingsErrorInit<Code, Data>) {
    super(
      init.message ?? `Refused: ${init.code}`,
      init.cause === undefined ? undefined : { cause: init.cause },
    )
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

/** Whether a code is one of Tidings' own. */
export function isErrorCode(code: string): code is ErrorCode {
  return Object.hasOwn(statusOfCode, code)
}

import type { TidingsError } from '@tidings/core'
import { backoffMs } from '@tidings/core/wire'
import type { ResolvedOptions } from '../options/resolved-options.js'
import { isFatal } from './failures.js'

/** Milliseconds after which an open connection counts as stable, even without events. */
const stableMs = 5_000

/** Decides whether and when a connection is attempted again. */
export class RetryPolicy {
  /** Attempts in a row that failed, or whose connection ended before it was stable. */
  failures = 0
  readonly #options: ResolvedOptions
  /** Whether the server has just refused the credentials. New headers may hold others. */
  #wasDenied = false
  /** The delay that the server asked for. */
  #retryMs: number | undefined

  constructor(options: ResolvedOptions) {
    this.#options = options
  }

  onOpened(retryMs: number | undefined): void {
    this.#wasDenied = false
    this.#retryMs = retryMs
  }

  /** Allows another attempt with new credentials. */
  onRequested(): void {
    this.#wasDenied = false
  }

  /**
   * Returns the milliseconds until the next attempt, or undefined if the server would refuse that, too.
   *
   * @param openForMs how long the connection was open; negative if it never was
   */
  onLost(problem: TidingsError, openForMs: number): number | undefined {
    if (openForMs >= stableMs) this.failures = 0
    this.failures += 1
    const hasExpired = openForMs >= 0 && problem.status === 401
    if (!hasExpired && !this.#isRetryable(problem)) return undefined
    // The server ends the connection of a user who signs in or out. If it ends the next one, that is not why.
    if (problem.code === 'gone' && this.failures === 1) return 0
    return backoffMs(this.#options.reconnect, this.failures - 1, problem.retryAfterMs ?? this.#retryMs)
  }

  #isRetryable(problem: TidingsError): boolean {
    if (problem.code === 'gone') return true
    if (problem.status !== 401) return !isFatal(problem)
    const wasDenied = this.#wasDenied
    this.#wasDenied = true
    return !wasDenied && this.#options.canRenewHeaders
  }
}

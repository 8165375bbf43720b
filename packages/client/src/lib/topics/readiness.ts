import { TidingsError } from '@tidings/core'

/** Settles when a subscription is live, or ended before. Callers may ignore the promise. */
export class Readiness {
  readonly promise: Promise<void>
  #settle: { resolve(): void; reject(problem: TidingsError): void } | undefined

  constructor() {
    this.promise = new Promise((resolve, reject) => {
      this.#settle = { resolve, reject }
    })
    this.promise.catch(() => {})
  }

  live(): void {
    this.#settle?.resolve()
  }

  /** The server refused the topic or, without a problem, the client was closed. Returns the reason. */
  ended(
    problem: TidingsError = new TidingsError({ code: 'closed', message: 'The client was closed' }),
  ): TidingsError {
    this.#settle?.reject(problem)
    return problem
  }

  /** The subscriber has left. */
  left(): void {
    this.ended(
      new TidingsError({ code: 'aborted', message: 'The subscription was ended before it was live' }),
    )
  }
}

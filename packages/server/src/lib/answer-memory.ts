import { createHash } from 'node:crypto'
import { TidingsError } from '@tidings/core'
import type { CompleteAnswer } from './http.js'

/** How many answers are remembered at the most. Beyond, the oldest is forgotten before its time. */
const maxAnswers = 10_000

/** For how long something goes on that nobody waits for any more: who has lost the connection may ask again. */
const abandonedMs = 2_000

interface Remembered {
  readonly fingerprint: string
  readonly answer: Promise<CompleteAnswer>
  /** How many callers wait for it. */
  waiting: number
  abandoned: NodeJS.Timeout | undefined
  readonly controller: AbortController
  /** When it is forgotten, in milliseconds of a monotonic clock; there once it has been answered. */
  expiresAt: number | undefined
}

/**
 * The answers to requests that have an idempotency key: one that is sent again, because its answer was lost, is not run
 * again but given the first one's.
 */
export class AnswerMemory {
  readonly #ms: number
  readonly #answers = new Map<string, Remembered>()

  /** @param ms for how long an answer is remembered; 0 for no longer than it takes */
  constructor(ms: number) {
    this.#ms = ms
  }

  /**
   * Runs a request, or waits for the one that is running, or gives what it was answered with, be it a failure.
   *
   * @param key names the request, and whose it is
   * @param body tells whether it is the same request
   * @param left fires when the caller leaves. The run's own signal fires a while after the last one has
   * @param run must not reject
   * @throws TidingsError `conflict` for a key that another request has had
   */
  async once(
    key: string,
    body: unknown,
    left: AbortSignal,
    run: (signal: AbortSignal) => Promise<CompleteAnswer>,
  ): Promise<CompleteAnswer> {
    this.#forget()
    const fingerprint = createHash('sha256')
      .update(JSON.stringify(body) ?? '')
      .digest('base64')
    const remembered = this.#answers.get(key) ?? this.#run(key, fingerprint, run)
    if (remembered.fingerprint !== fingerprint) {
      const message = 'This idempotency key was used for another request. Use a new one for each'
      throw new TidingsError({ code: 'conflict', message })
    }
    return wait(remembered, left)
  }

  #run(key: string, fingerprint: string, run: (signal: AbortSignal) => Promise<CompleteAnswer>): Remembered {
    const controller = new AbortController()
    const remembered: Remembered = {
      fingerprint,
      controller,
      answer: run(controller.signal),
      waiting: 0,
      abandoned: undefined,
      expiresAt: undefined,
    }
    this.#answers.set(key, remembered)
    void remembered.answer.then(() => {
      clearTimeout(remembered.abandoned)
      remembered.expiresAt = performance.now() + this.#ms
    })
    return remembered
  }

  /** Forgets what is too old, and what is too much; answers that are not there yet are kept in any case. */
  #forget(): void {
    const now = performance.now()
    for (const [key, { expiresAt }] of this.#answers) {
      if (expiresAt === undefined) continue
      if (expiresAt > now && this.#answers.size < maxAnswers) return
      this.#answers.delete(key)
    }
  }
}

async function wait(remembered: Remembered, left: AbortSignal): Promise<CompleteAnswer> {
  const leave = () => {
    remembered.waiting -= 1
    if (remembered.waiting > 0 || remembered.expiresAt !== undefined) return
    remembered.abandoned = setTimeout(() => remembered.controller.abort(left.reason), abandonedMs).unref()
  }
  clearTimeout(remembered.abandoned)
  remembered.waiting += 1
  if (left.aborted) leave()
  else left.addEventListener('abort', leave, { once: true })
  try {
    return await remembered.answer
  } finally {
    left.removeEventListener('abort', leave)
  }
}

import { createHash } from 'node:crypto'
import { TidingsError } from '@tidings/core'
import type { Bus } from '../bus/bus.js'
import { onceAmongNodes, otherRequest } from '../bus/once-among-nodes.js'
import type { CompleteAnswer } from '../http/http.js'

/** How much is remembered at the most: beyond, the oldest is forgotten before its time, of its owner's or of all. */
const most = { answersOfOne: 1_000, answers: 10_000, length: 64 * 1024 * 1024 }

/** For how long something goes on that nobody waits for any more: who has lost the connection may ask again. */
const abandonedMs = 2_000

/** How often what is too old is looked for. */
const sweepMs = 10_000

/** A request that has an idempotency key. */
export interface KeyedRequest {
  /** Whose it is: nobody else's answers are given to them, nor forgotten because of them. */
  readonly owner: string
  /** Names the request among those of its owner. */
  readonly key: string
  /** Tells whether it is the same request. */
  readonly body: unknown
  /** Fires when the caller leaves. */
  readonly left: AbortSignal
}

interface Run {
  readonly fingerprint: string
  readonly answer: Promise<CompleteAnswer>
  readonly controller: AbortController
  /** How many callers wait for it. */
  waiting: number
  abandoned: NodeJS.Timeout | undefined
}

interface Remembered {
  readonly owner: string
  readonly fingerprint: string
  readonly answer: CompleteAnswer
  /** When it is forgotten, in milliseconds of a monotonic clock. */
  readonly expiresAt: number
}

/**
 * The answers to requests that have an idempotency key: one that is sent again, because its answer was lost, is not run
 * again but given the first one's.
 */
export class AnswerMemory {
  readonly #ms: number
  readonly #bus: Bus | undefined
  readonly #runs = new Map<string, Run>()
  /** In the order in which they were answered, which is that in which they expire. */
  readonly #answers = new Map<string, Remembered>()
  readonly #byOwner = new Map<string, Set<string>>()
  #length = 0
  // Runs only while there is something to forget.
  #sweeping: NodeJS.Timeout | undefined

  /**
   * @param ms for how long an answer is remembered; 0 for no longer than it takes
   * @param bus tells what other nodes have answered
   */
  constructor(ms: number, bus?: Bus) {
    this.#ms = ms
    this.#bus = bus
  }

  /**
   * Runs a request, or waits for the one that is running, or gives what it was answered with, be it a failure.
   *
   * @param run its signal fires a while after the last caller has left
   * @throws TidingsError `conflict` for a key that another request has had; `unavailable` where it was given up because
   * nobody waited for it, or the bus cannot tell whether it has run elsewhere
   */
  async once(
    { owner, key, body, left }: KeyedRequest,
    run: (signal: AbortSignal) => Promise<CompleteAnswer>,
  ): Promise<CompleteAnswer> {
    const id = hash([owner, key])
    const fingerprint = hash(body)
    this.#forgetExpired()
    const known = this.#runs.get(id) ?? this.#answers.get(id)
    if (known && known.fingerprint !== fingerprint) throw otherRequest()
    if (known && 'expiresAt' in known) return known.answer
    return wait(known ?? this.#run(id, owner, fingerprint, run), left)
  }

  /** Gives up what is under way, and waits until that is over. */
  async close(reason: Error): Promise<void> {
    clearInterval(this.#sweeping)
    const runs = [...this.#runs.values()]
    for (const { controller } of runs) controller.abort(reason)
    await Promise.allSettled(runs.map(({ answer }) => answer))
  }

  #run(
    id: string,
    owner: string,
    fingerprint: string,
    run: (signal: AbortSignal) => Promise<CompleteAnswer>,
  ): Run {
    const controller = new AbortController()
    const { signal } = controller
    const answering = this.#bus
      ? onceAmongNodes(this.#bus, id, fingerprint, this.#ms, signal, run)
      : run(signal)
    const answer = answering
      .then((given) => {
        // What breaks because it was given up is no answer.
        if (signal.aborted && given.status === 500) throw givenUp()
        this.#remember(id, { owner, fingerprint, answer: given, expiresAt: performance.now() + this.#ms })
        return given
      })
      .finally(() => {
        clearTimeout(running.abandoned)
        this.#runs.delete(id)
      })
    // Perhaps nobody waits for it any more.
    answer.catch(() => {})
    const running: Run = { fingerprint, answer, controller, waiting: 0, abandoned: undefined }
    this.#runs.set(id, running)
    return running
  }

  #remember(id: string, remembered: Remembered): void {
    if (this.#ms === 0) return
    const { owner, answer } = remembered
    this.#answers.set(id, remembered)
    const own = this.#byOwner.get(owner) ?? new Set()
    this.#byOwner.set(owner, own.add(id))
    this.#length += answer.body.length
    const [oldestOwn] = own
    if (own.size > most.answersOfOne && oldestOwn) this.#forget(oldestOwn)
    while (this.#answers.size > most.answers || this.#length > most.length) {
      const [oldest] = this.#answers.keys()
      if (oldest === undefined) break
      this.#forget(oldest)
    }
    this.#sweeping ??= setInterval(() => this.#forgetExpired(), sweepMs).unref()
  }

  #forgetExpired(): void {
    const now = performance.now()
    for (const [id, { expiresAt }] of this.#answers) {
      if (expiresAt > now) break
      this.#forget(id)
    }
    if (this.#answers.size > 0) return
    clearInterval(this.#sweeping)
    this.#sweeping = undefined
  }

  #forget(id: string): void {
    const remembered = this.#answers.get(id)
    if (!remembered) return
    this.#answers.delete(id)
    this.#length -= remembered.answer.body.length
    const own = this.#byOwner.get(remembered.owner)
    own?.delete(id)
    if (own?.size === 0) this.#byOwner.delete(remembered.owner)
  }
}

async function wait(run: Run, left: AbortSignal): Promise<CompleteAnswer> {
  const leave = () => {
    run.waiting -= 1
    if (run.waiting > 0) return
    run.abandoned = setTimeout(() => run.controller.abort(left.reason), abandonedMs).unref()
  }
  clearTimeout(run.abandoned)
  run.waiting += 1
  if (left.aborted) leave()
  else left.addEventListener('abort', leave, { once: true })
  try {
    return await run.answer
  } finally {
    left.removeEventListener('abort', leave)
  }
}

/** Keys and bodies are as long as clients make them. */
function hash(value: unknown): string {
  return createHash('sha256')
    .update(JSON.stringify(value) ?? '')
    .digest('base64url')
}

function givenUp(): TidingsError {
  const message =
    'The command was given up, because nobody waited for its answer. Whether it has run is not known'
  return new TidingsError({ code: 'unavailable', message })
}

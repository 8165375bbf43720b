import { isTidingsError } from '@tidings/core'
import { type Marks, markWord } from './marks.js'
import { Timings } from './timings.js'

/** The most commands that wait for their answer. */
const maxPending = 1_000

/** Milliseconds between two looks at what is due. */
const everyMs = 5

/** Calls a command at a steady rate, whatever the server does. */
export class CommandLoad {
  readonly #call: (input: unknown) => Promise<unknown>
  readonly #input: unknown
  readonly #perSecond: number
  readonly #marks: Marks
  readonly #timings = new Timings()
  readonly #failures = new Map<string, { count: number; readonly message: string }>()
  readonly #pending = new Set<Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #sent = 0
  #skipped = 0
  #succeeded = 0

  /** @param input whose texts have `{id}` where each command's mark is to stand */
  constructor(call: (input: unknown) => Promise<unknown>, input: unknown, perSecond: number, marks: Marks) {
    this.#call = call
    this.#input = input
    this.#perSecond = perSecond
    this.#marks = marks
  }

  start(): void {
    const startedAt = performance.now()
    const send = () => {
      const due = Math.floor(((performance.now() - startedAt) / 1000) * this.#perSecond) + 1
      for (let left = due - this.#sent - this.#skipped; left > 0; left -= 1) {
        if (this.#pending.size < maxPending) this.#send()
        else this.#skipped += 1
      }
    }
    send()
    this.#timer = setInterval(send, everyMs)
  }

  /** Sends no more commands. Resolves when those that were sent are answered. */
  async stop(): Promise<void> {
    clearInterval(this.#timer)
    await Promise.all(this.#pending)
  }

  get result() {
    return {
      sent: this.#sent,
      succeeded: this.#succeeded,
      /** Commands that were due while too many others waited for an answer. */
      skipped: this.#skipped,
      failed: Object.fromEntries(this.#failures),
      answerMs: this.#timings.distribution,
    }
  }

  #send(): void {
    this.#sent += 1
    const sentAt = performance.now()
    const answer = this.#call(marked(this.#input, this.#marks.next())).then(
      () => {
        this.#succeeded += 1
        this.#timings.add(performance.now() - sentAt)
      },
      (error: unknown) => {
        const code = isTidingsError(error) ? error.code : 'internal'
        const failure = this.#failures.get(code) ?? { count: 0, message: String((error as Error).message) }
        failure.count += 1
        this.#failures.set(code, failure)
      },
    )
    this.#pending.add(answer)
    answer.finally(() => this.#pending.delete(answer))
  }
}

/** Whether a text of the input has a place for a mark. */
export function hasMark(input: unknown): boolean {
  return JSON.stringify(input)?.includes(markWord) ?? false
}

/** Copies the input, with the mark in its texts. */
function marked(input: unknown, mark: string): unknown {
  if (typeof input === 'string') return input.replaceAll(markWord, mark)
  if (Array.isArray(input)) return input.map((item) => marked(item, mark))
  if (typeof input !== 'object' || input === null) return input
  return Object.fromEntries(Object.entries(input).map(([name, value]) => [name, marked(value, mark)]))
}

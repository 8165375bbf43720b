import { randomBytes } from 'node:crypto'

/** The most commands whose events are still looked for. */
const maxMarks = 100_000

/** The word in a command's input that stands for a mark. */
export const markWord = '{id}'

/** Texts in the inputs of commands, by which the events that these cause are recognized. */
export class Marks {
  readonly #prefix = `bench-${randomBytes(6).toString('hex')}-`
  readonly #sentAt = new Map<number, number>()
  #count = 0

  /** Returns a new mark, whose command is sent now. */
  next(): string {
    this.#count += 1
    this.#sentAt.set(this.#count, performance.now())
    this.#sentAt.delete(this.#count - maxMarks)
    return `${this.#prefix}${this.#count}.`
  }

  /** Returns when the command was sent whose mark is in the text. */
  sentAt(text: string): number | undefined {
    const start = text.indexOf(this.#prefix)
    if (start === -1) return undefined
    // A number ends at the full stop.
    return this.#sentAt.get(
      Number.parseInt(text.slice(start + this.#prefix.length, start + this.#prefix.length + 16), 10),
    )
  }
}

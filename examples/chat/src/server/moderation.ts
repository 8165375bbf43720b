const muteMs = 30_000
const maxAuthors = 10_000

/** Mutes for a while whoever writes spam. */
export class Moderation {
  readonly #mutedUntil = new Map<string, Date>()

  /** Until when the author of a message is muted, if it is; spam has just had that effect. */
  judge(author: string, text: string): Date | undefined {
    const now = Date.now()
    const until = this.#mutedUntil.get(author)
    if (until && until.getTime() > now) return until
    this.#mutedUntil.delete(author)
    if (!/\b(spam|buy now)\b/i.test(text)) return undefined
    if (this.#mutedUntil.size >= maxAuthors) this.#mutedUntil.clear()
    const next = new Date(now + muteMs)
    this.#mutedUntil.set(author, next)
    return next
  }
}

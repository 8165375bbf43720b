import type { Store } from './store'

const muteMs = 30_000

/** Mutes the authors of spam for a while. */
export class Moderation {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Resolves with the time until which the author is muted, if so. Mutes the author if the text is spam. */
  async judge(author: string, text: string): Promise<Date | undefined> {
    const until = await this.#store.mutedUntil(author)
    if (until || !/\b(spam|buy now)\b/i.test(text)) return until
    const next = new Date(Date.now() + muteMs)
    await this.#store.mute(author, next)
    return next
  }
}

import type { Store } from './store'

const muteMs = 30_000

/** Mutes for a while whoever writes spam. */
export class Moderation {
  readonly #store: Store

  constructor(store: Store) {
    this.#store = store
  }

  /** Until when the author of a message is muted, if it is; spam has just had that effect. */
  async judge(author: string, text: string): Promise<Date | undefined> {
    const until = await this.#store.mutedUntil(author)
    if (until || !/\b(spam|buy now)\b/i.test(text)) return until
    const next = new Date(Date.now() + muteMs)
    await this.#store.mute(author, next)
    return next
  }
}

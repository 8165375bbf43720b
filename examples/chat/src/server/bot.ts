import { randomUUID } from 'node:crypto'
import { createClient } from '@tidings/client'
import { isTidingsError } from '@tidings/core'
import type { Tidings } from '@tidings/server'
import { fetchHandler } from '@tidings/server/fetch'
import { contract, type Message, type RoomId } from '../contract'
import type { Store } from './store'

/** A mention of the bot, anywhere in a message, but not an e-mail address. */
const mention = /(?<!\S)@bot\b[,:]?\s*/i

const hint = 'Write what I should answer: @bot hello'

/**
 * Answers messages that address `@bot`.
 *
 * An answer is a run of `complete`, which every page of the room reads while the bot does. What the bot has read
 * becomes a message of the room.
 */
export class Bot {
  readonly #tidings: Tidings<typeof contract>
  readonly #store: Store
  readonly #node: string | undefined
  readonly #client
  readonly #answers = new Set<Promise<void>>()

  constructor(tidings: Tidings<typeof contract>, store: Store, node: string | undefined) {
    this.#tidings = tidings
    this.#store = store
    this.#node = node
    // A client of its own server, whose requests need no network.
    const handle = fetchHandler(tidings)
    this.#client = createClient(contract, {
      url: 'http://localhost/events',
      fetch: (input, init) => handle(new Request(input, init)),
    })
  }

  /** Starts an answer to a message of a room, if the message addresses the bot. */
  read(roomId: RoomId, text: string): void {
    if (!mention.test(text)) return
    const prompt = text.replace(mention, '').trim()
    const reply = prompt ? this.#answer(roomId, prompt) : this.#say(roomId, { id: randomUUID(), text: hint })
    const answer = reply
      .catch((error: unknown) => console.error('The bot failed:', error))
      .finally(() => this.#answers.delete(answer))
    this.#answers.add(answer)
  }

  async #answer(roomId: RoomId, prompt: string): Promise<void> {
    const run = this.#client.complete({ prompt })
    let text = ''
    let cut: 'stopped' | 'failed' | undefined
    try {
      for await (const token of run) {
        // Pages can attach to the run once it has started, which its first token shows.
        if (text === '') {
          await this.#store.addAnswer(roomId, run.id)
          await this.#tidings.emit.room({ roomId }).answer({ run: run.id })
        }
        text += token.data
      }
    } catch (error) {
      cut = isTidingsError(error) && error.code === 'cancelled' ? 'stopped' : 'failed'
      if (cut === 'failed') console.error(`An answer broke off: ${error}`)
    }
    await this.#say(roomId, { id: run.id, text, cut })
  }

  async #say(roomId: RoomId, said: Pick<Message, 'id' | 'text' | 'cut'>): Promise<void> {
    const message = { ...said, author: 'bot', sentAt: new Date(), node: this.#node }
    await this.#store.add(roomId, message)
    // Not awaited: it fails if the server has closed meanwhile, and then pages find the message in a snapshot.
    void this.#tidings.emit.room({ roomId }).message(message)
  }

  /** Resolves when every answer is a message. */
  async close(): Promise<void> {
    this.#client.close()
    await Promise.all(this.#answers)
  }
}

import type { Message } from '../contract'

const maxMessages = 200

/** The last messages of each room, in memory: a chat with a database would ask that instead. */
export class History {
  readonly #rooms = new Map<string, Message[]>()

  add(roomId: string, message: Message): void {
    const messages = this.#rooms.get(roomId) ?? []
    this.#rooms.set(roomId, messages)
    messages.push(message)
    if (messages.length > maxMessages) messages.shift()
  }

  of(roomId: string): Message[] {
    return [...(this.#rooms.get(roomId) ?? [])]
  }
}

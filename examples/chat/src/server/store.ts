import type { Message } from '../contract'

/** How many messages a room keeps. */
export const maxMessages = 200

/** The storage of the chat, which its nodes share. */
export interface Store {
  /** Resolves with the last messages of a room, oldest first. */
  messagesOf(roomId: string): Promise<Message[]>
  add(roomId: string, message: Message): Promise<void>
  /** Resolves with the time until which an author is muted, if so. */
  mutedUntil(author: string): Promise<Date | undefined>
  mute(author: string, until: Date): Promise<void>
  close(): Promise<void>
}

import type { Message } from '../contract'

/** How many messages a room keeps. */
export const maxMessages = 200

/** The storage of the chat, which its nodes share. */
export interface Store {
  /** Resolves with the last messages of a room, oldest first, and with the runs of the answers to come. */
  roomOf(roomId: string): Promise<{ messages: Message[]; answers: string[] }>
  /** Adds a message. One with the id of a run replaces that answer. */
  add(roomId: string, message: Message): Promise<void>
  addAnswer(roomId: string, run: string): Promise<void>
  /** Resolves with the time until which an author is muted, if so. */
  mutedUntil(author: string): Promise<Date | undefined>
  mute(author: string, until: Date): Promise<void>
  close(): Promise<void>
}

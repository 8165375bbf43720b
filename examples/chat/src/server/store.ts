import type { Message } from '../contract'

/** How many messages a room keeps. */
export const maxMessages = 200

/** What the chat remembers. Where it runs on several nodes, they share it. */
export interface Store {
  /** The last messages of a room, the oldest first. */
  messagesOf(roomId: string): Promise<Message[]>
  add(roomId: string, message: Message): Promise<void>
  /** Until when somebody is muted, if they are. */
  mutedUntil(author: string): Promise<Date | undefined>
  mute(author: string, until: Date): Promise<void>
  close(): Promise<void>
}

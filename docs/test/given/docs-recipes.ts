import { channel } from '@tidings/core'
import type { Tidings } from '@tidings/server'
import * as z from 'zod'

interface Notification {
  readonly id: string
  readonly text: string
  readonly isRead: boolean
}

export declare function userIdOf(headers: Headers): string
export declare const store: {
  unread(userId: string): Promise<Notification[]>
  add(userId: string, notification: Notification): Promise<void>
  markRead(userId: string, id: string): Promise<void>
}
export declare const files: {
  open(id: string): Promise<{
    readonly isImage: boolean
    readonly size: number
    readonly url: string
    resize(options: { signal: AbortSignal }): AsyncIterable<number>
  }>
  store(id: string, bytes: Uint8Array): Promise<void>
}
export declare const database: {
  transaction(
    body: (write: { setTitle(id: string, title: string): Promise<void> }) => Promise<void>,
  ): Promise<void>
}

const documentsContract = {
  document: channel({ params: { id: z.string() }, events: { renamed: z.object({ title: z.string() }) } }),
}
export declare const documents: Tidings<typeof documentsContract>

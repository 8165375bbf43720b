import { setTimeout as pause } from 'node:timers/promises'
import { channel } from '@tidings/core'
import type { Tidings } from '@tidings/server'
import * as z from 'zod'

interface Notification {
  readonly id: string
  readonly text: string
  readonly isRead: boolean
}

interface StoredFile {
  readonly isImage: boolean
  readonly size: number
  readonly url: string
  resize(options: { signal: AbortSignal }): AsyncIterable<number>
}

/** Returns the user of a cookie, `user=ada`. */
export function userIdOf(cookie: string | null | undefined): string {
  const [, userId] = /\buser=(\w+)/.exec(cookie ?? '') ?? []
  if (userId === undefined) throw new Error('The request has no user')
  return userId
}

const byUser = new Map<string, Notification[]>()

/** Notifications in memory, at the pace of a database. */
export const store = {
  async unread(userId: string): Promise<Notification[]> {
    await pause(20)
    return (byUser.get(userId) ?? []).filter(({ isRead }) => !isRead)
  },
  async add(userId: string, notification: Notification): Promise<void> {
    byUser.set(userId, [...(byUser.get(userId) ?? []), notification])
    await pause(1)
  },
  async markRead(userId: string, id: string): Promise<void> {
    const changed = byUser.get(userId)?.map((each) => (each.id === id ? { ...each, isRead: true } : each))
    byUser.set(userId, changed ?? [])
    await pause(1)
  },
}

const stored = new Map<string, Uint8Array>()

/** Files in memory, of which those are images that do not begin with the word "text". */
export const files = {
  async open(userId: string, id: string): Promise<StoredFile | undefined> {
    const bytes = stored.get(`${userId}/${id}`)
    if (!bytes) return undefined
    return {
      isImage: !new TextDecoder().decode(bytes).startsWith('text'),
      size: bytes.length,
      url: `/files/${userId}/${id}`,
      async *resize() {
        for (let done = 1; done <= bytes.length; done += 1) yield done
      },
    }
  },
  async store(userId: string, id: string, bytes: Uint8Array): Promise<void> {
    stored.set(`${userId}/${id}`, bytes)
  },
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

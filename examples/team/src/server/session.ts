import { randomBytes } from 'node:crypto'
import type { Request } from 'express'
import session, { type SessionData } from 'express-session'
import type { Person } from '../contract'
import { generationOf, userOf } from './users'

declare module 'express-session' {
  interface SessionData {
    userId: string
    generation: number
    /** Milliseconds since the epoch. */
    endsAt: number
  }
}

/** How long a user stays signed in, in milliseconds. */
export const sessionMs = Number(process.env['SESSION_MS'] ?? 8 * 60 * 60_000)

/** The middleware that loads `request.session` from the cookie. */
export const sessions = session({
  name: 'session',
  secret: process.env['SESSION_SECRET'] ?? randomBytes(32).toString('hex'),
  cookie: { httpOnly: true, sameSite: 'lax', secure: 'auto', maxAge: sessionMs },
  saveUninitialized: false, // no cookie before sign-in
  resave: false, // a connection that ends after sign-out would save its session again
})

/** The context of a request: who sent it, and until when that holds. */
export interface Context {
  readonly user: Person | undefined
  readonly expiresAt?: number
}

/**
 * Reads the session of a request from the store. `request.session` is as old as the request, and Tidings asks again
 * about requests that were in progress when access ended.
 */
export async function storedSession(request: Request): Promise<Partial<SessionData>> {
  const { session, sessionID, sessionStore } = request
  if (session.userId === undefined) return {}
  return new Promise((resolve, reject) => {
    sessionStore.get(sessionID, (error, stored) => (error ? reject(error) : resolve(stored ?? {})))
  })
}

/** Returns the user of a session that has neither expired nor been ended. */
export function contextOf({ userId, generation, endsAt = 0 }: Partial<SessionData>): Context {
  const holds = userId !== undefined && generation === generationOf(userId) && Date.now() < endsAt
  const user = holds ? userOf(userId) : undefined
  return user ? { user, expiresAt: endsAt } : { user: undefined }
}

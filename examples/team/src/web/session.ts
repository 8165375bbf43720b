import type { Person } from '../contract'

export type SignedIn = { readonly user: Person; readonly expiresAt: number }

/** Returns who is signed in, as the server sees it: a script cannot read the cookie. */
export async function currentSession(): Promise<SignedIn | undefined> {
  const response = await fetch('/session')
  const session = (await response.json()) as { user: Person | null; expiresAt: number }
  return session.user ? { user: session.user, expiresAt: session.expiresAt } : undefined
}

/** @throws Error with the server's message */
export async function signIn(userId: string, password: string): Promise<SignedIn> {
  const response = await fetch('/session', {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ userId, password }),
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.message)
  return answer as SignedIn
}

export async function signOut(): Promise<void> {
  await fetch('/session', { method: 'DELETE' })
}

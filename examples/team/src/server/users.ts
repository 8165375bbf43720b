import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto'
import { EventEmitter } from 'node:events'
import { promisify } from 'node:util'
import type { Person } from '../contract'

const hash = promisify<string, Buffer, number, Buffer>(scrypt)

/** A user, as the server knows it. */
interface Account extends Person {
  readonly salt: Buffer
  readonly passwordHash: Buffer
  /** Sessions that began in an earlier generation have ended. */
  readonly generation: number
}

async function account(id: string, name: string, role: Person['role'], password: string): Promise<Account> {
  const salt = randomBytes(16)
  return { id, name, role, salt, passwordHash: await hash(password, salt, 32), generation: 0 }
}

// A database in a real app. All three have the password that the page shows.
const accounts = new Map(
  (
    await Promise.all([
      account('ada', 'Ada Lovelace', 'admin', 'tidings'),
      account('grace', 'Grace Hopper', 'member', 'tidings'),
      account('alan', 'Alan Turing', 'member', 'tidings'),
    ])
  ).map((each) => [each.id, each]),
)

/** What ends or changes the access of a user: another role, or the end of sessions. */
export const accessChanges = new EventEmitter<{ role: [userId: string]; sessions: [userId: string] }>()

export function userOf(id: string): Person | undefined {
  const known = accounts.get(id)
  return known && personOf(known)
}

export function allUsers(): Person[] {
  return [...accounts.values()].map(personOf)
}

export function generationOf(id: string): number | undefined {
  return accounts.get(id)?.generation
}

/** Returns the user with this password, or `undefined`. */
export async function authenticate(id: string, password: string): Promise<Person | undefined> {
  const known = accounts.get(id)
  // An unknown user takes as long to refuse as a known one.
  const given = await hash(password, known?.salt ?? Buffer.alloc(16), 32)
  return known && timingSafeEqual(given, known.passwordHash) ? personOf(known) : undefined
}

/** Changes a role. Every later request has it, because sessions name the user and not the role. */
export function setRole(id: string, role: Person['role']): Person | undefined {
  const person = change(id, { role })
  if (person) accessChanges.emit('role', id)
  return person
}

/** Ends every session of a user, wherever it is stored. */
export function endSessions(id: string): Person | undefined {
  const person = change(id, { generation: (generationOf(id) ?? 0) + 1 })
  if (person) accessChanges.emit('sessions', id)
  return person
}

function change(id: string, changes: Partial<Account>): Person | undefined {
  const known = accounts.get(id)
  if (!known) return undefined
  const changed = { ...known, ...changes }
  accounts.set(id, changed)
  return personOf(changed)
}

function personOf({ id, name, role }: Account): Person {
  return { id, name, role }
}

import type { CompiledChannel, CompiledContract, CompiledStream } from '@tidings/core/wire'
import type { ResolvedOptions } from '../options/resolved-options.js'
import type { Locks } from './tab-locks.js'

/** A group of tabs that share a connection. */
export interface TabGroup {
  /** The name of the channel between the tabs, and of the lock that elects the leader. */
  readonly name: string
  readonly locks: Locks
  readonly contract: CompiledContract
  /** The names of all events that may arrive. */
  readonly eventNames: readonly string[]
}

/**
 * Returns the name of the group for a server, a user, and contracts with the same channels and streams. The name is a
 * hash, since every script of the origin can read the names of locks.
 */
export async function groupName(
  { url, shareAs }: ResolvedOptions,
  contract: CompiledContract,
): Promise<string> {
  const text = JSON.stringify([url, shareAs, shapeOf(contract)])
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hex = Array.from(new Uint8Array(hash, 0, 16), (byte) => byte.toString(16).padStart(2, '0'))
  // Raise the number when messages between tabs change: tabs of different versions must not share.
  return `tidings 4 ${hex.join('')}`
}

/** Returns the part of a contract that tabs of one group have in common. */
function shapeOf({ procedures }: CompiledContract): string[] {
  return [...procedures.values()]
    .flatMap((each) =>
      each.kind === 'command' ? [] : [`${each.path}${markOf(each)} ${[...each.events.keys()]}`],
    )
    .sort()
}

/** Tells the kinds of procedures apart: a stream, a channel with a snapshot, and one without. */
function markOf(procedure: CompiledChannel | CompiledStream): string {
  if (procedure.kind === 'stream') return '?'
  return procedure.snapshot ? '!' : ''
}

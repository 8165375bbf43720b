import type { CompiledContract } from '@tidings/core/wire'
import type { ResolvedOptions } from '../options.js'
import type { Locks } from './tab-locks.js'

/** The tabs that share. */
export interface TabGroup {
  /** The name of the channel between them, and of the lock that elects the holder. */
  readonly name: string
  readonly locks: Locks
  readonly contract: CompiledContract
  /** Of all the events that may come. */
  readonly eventNames: readonly string[]
}

/**
 * Names the group of tabs that share: those of one server and one user, and of contracts with the same channels. It is a
 * hash, since every script of the origin can read the names of locks.
 */
export async function groupName(
  { url, shareAs }: ResolvedOptions,
  contract: CompiledContract,
): Promise<string> {
  const text = JSON.stringify([url, shareAs, shapeOf(contract)])
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(text))
  const hex = Array.from(new Uint8Array(hash, 0, 16), (byte) => byte.toString(16).padStart(2, '0'))
  return `tidings 3 ${hex.join('')}`
}

/** What tabs have to agree on to understand each other. */
function shapeOf({ procedures }: CompiledContract): string[] {
  return [...procedures.values()]
    .flatMap((each) =>
      each.kind === 'channel' ? [`${each.path}${each.snapshot ? '!' : ''} ${[...each.events.keys()]}`] : [],
    )
    .sort()
}

import type { ContractDefinition } from '@tidings/core'
import type { Change, ContractDocument, Verdict } from '@tidings/core/describe'
import type { DriftWatcher, WatchedConnection } from '../options/drift-watcher.js'
import { runReporting } from '../reporting.js'
import { readDescription } from './read-description.js'

/** A server whose contract is another version than that of this client. */
export interface Drift {
  /** The hash of the server's contract. */
  readonly serverHash: string
  /** The hash of this client's contract. */
  readonly clientHash: string
  /**
   * What changed from this client's contract to that of the server. Known where the server lets this client read its
   * contract, by its option `describe`.
   */
  readonly changes?: readonly Change[]
  /** What the changes do to this client, at worst. Known if the changes are. */
  readonly verdict?: Verdict
}

/** Watches the servers of clients that have one contract. */
export interface DriftWatch extends DriftWatcher {
  /**
   * How many events the clients have skipped because their contract does not declare them, by `room.typing`.
   *
   * An EventSource does not deliver such events, so that a client with one counts none.
   */
  readonly ignoredEvents: ReadonlyMap<string, number>
}

/** How many names of ignored events are counted apart. Any further ones are counted together, as `*`. */
const maxNames = 1_000

/** How many versions each client is told of. A page is reloaded long before. */
const maxVersions = 100

/** The longest hash that is taken for one, in characters. Tabs receive it from other scripts of their origin. */
const maxHashLength = 200

/**
 * Makes the option `drift` of a client: calls `onDrift` when the client has connected to a server whose contract is
 * another version than its own, because a new version was deployed or another one is still running. Calls it once for
 * each version, at most 100 of them, and not for versions whose values travel alike.
 *
 * The code that compares is loaded with the first connection. After the client is closed, `onDrift` is not called.
 *
 * @param contract that of the client
 */
export function watchDrift(contract: ContractDefinition, onDrift: (drift: Drift) => void): DriftWatch {
  const ignoredEvents = new Map<string, number>()
  /** The last comparison, which the next one waits for: a server may send any number of hashes at once. */
  let comparing = Promise.resolve()
  /** The hashes that each client has seen. */
  const seen = new WeakMap<WatchedConnection['options'], Set<unknown>>()

  const check = async (serverHash: string, connection: WatchedConnection): Promise<void> => {
    // Imported on demand, because every page would load it otherwise. See decision 022.
    const { describe, diff, worst } = await import('@tidings/core/describe')
    const own = describe(contract)
    if (own.hash === serverHash) return
    const found = await readDescription(connection)
    // Another node of the service may have answered, with another version.
    const changes = found?.hash === serverHash ? compare(diff, own, found) : undefined
    if (changes?.length === 0 || connection.state.status === 'closed') return
    const drift: Drift = {
      serverHash,
      clientHash: own.hash,
      ...(changes && { changes, verdict: worst(changes, 'clients') }),
    }
    runReporting(
      connection,
      () => ({ what: 'onDrift' }),
      () => onDrift(drift),
    )
  }

  return {
    ignoredEvents,
    onOpened(hash, connection) {
      if (typeof hash !== 'string' || hash.length > maxHashLength) return
      const hashes = seen.get(connection.options) ?? new Set()
      seen.set(connection.options, hashes)
      if (hashes.has(hash) || hashes.size >= maxVersions) return
      hashes.add(hash)
      // Code that cannot be loaded may be loaded with the next connection.
      comparing = comparing.then(() => check(hash, connection)).catch(() => void hashes.delete(hash))
    },
    onIgnored(channel, event) {
      const known = `${channel}.${event}`
      const name = ignoredEvents.has(known) || ignoredEvents.size < maxNames ? known : '*'
      ignoredEvents.set(name, (ignoredEvents.get(name) ?? 0) + 1)
      return undefined
    },
  }
}

/** Returns undefined for a document that cannot be compared, as that of a later version of Tidings may be. */
function compare(
  diff: (before: ContractDocument, after: ContractDocument) => readonly Change[],
  own: ContractDocument,
  found: ContractDocument,
): readonly Change[] | undefined {
  try {
    return diff(own, found)
  } catch {
    return undefined
  }
}

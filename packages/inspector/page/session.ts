import { createClient } from '@tidings/client'
import type { ContractDefinition } from '@tidings/core'
import { type ContractDocument, contractFrom } from '@tidings/core/describe'
import { createContext, useContext } from 'react'
import { authorization } from './authorization.js'
import { LiveSession } from './live/live-session.js'
import { createNetwork } from './live/network.js'
import type { UntypedClient } from './untyped-client.js'

/** What the page knows of its server, and the client with which it talks to it. */
export interface Session {
  /** The URL where the server is mounted, without a slash at its end: `https://example.org/events`. */
  readonly mount: string
  readonly document: ContractDocument
  readonly contract: ContractDefinition
  /** The procedures of which no contract can be made, and why. They can be read, and not used. */
  readonly unusable: ReadonlyMap<string, string>
  readonly client: UntypedClient
  /** The topics that the page is subscribed to. */
  readonly live: LiveSession
}

/** Loads the contract's description and creates the client. Rejects with an error that says what to do. */
export async function openSession(): Promise<Session> {
  const mount = location.origin + location.pathname.replace(/\/\$inspect.*$/, '')
  const response = await fetch(`${mount}/$inspect/contract.json`, { headers: authorization.headers() })
  if (!response.ok) {
    throw new Error(
      `The server answered ${response.status} when it was asked for its contract. Reload the page`,
    )
  }
  const document = (await response.json()) as ContractDocument
  const { contract, unusable } = usableContract(document)
  const network = createNetwork()
  const client = createClient(contract, {
    url: mount,
    headers: () => authorization.headers(),
    fetch: network.fetch,
    onError: (error, at) => live.onError(error, at),
  }) as unknown as UntypedClient
  const live = new LiveSession(document, client, network)
  return { mount, document, contract, unusable, client, live }
}

/** Makes a contract of those procedures of a document that allow it. */
function usableContract(document: ContractDocument) {
  const unusable = new Map<string, string>()
  try {
    return { contract: contractFrom(document), unusable }
  } catch {
    // One procedure must not keep the others from being used.
    const procedures = Object.entries(document.procedures).filter(([path, procedure]) => {
      try {
        contractFrom({ ...document, procedures: { [path]: procedure } })
        return true
      } catch (error) {
        unusable.set(path, error instanceof Error ? error.message : String(error))
        return false
      }
    })
    return { contract: contractFrom({ ...document, procedures: Object.fromEntries(procedures) }), unusable }
  }
}

export const SessionContext = createContext<Session | undefined>(undefined)

export function useSession(): Session {
  const session = useContext(SessionContext)
  if (!session) throw new Error('There is no session above this component')
  return session
}

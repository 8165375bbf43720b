import { type Client, type ClientOptions, createClient } from '@tidings/client'
import type { ContractDefinition } from '@tidings/core'
import type { ContractDocument } from '@tidings/core/describe'
import type { Session } from './command.js'
import { contractOf, loadContractFile } from './contract-source.js'
import { fetchDocument } from './fetch-document.js'
import type { LoadedContract } from './loaded-contract.js'
import { headersOf, mountUrl } from './request.js'
import type { ServerArgs } from './shared-options.js'

/** A server whose contract is known, and a client of it. */
export interface Remote {
  /** Where the server is mounted, without a slash at the end. */
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly document: ContractDocument
  /** The contract that `document` describes. Its values are those that travel: a `Date` is its text. */
  readonly contract: ContractDefinition
  readonly client: Client<ContractDefinition>
  close(): void
}

/**
 * Connects to a server: loads its contract, from the server or from the file of `--contract`, and creates its client.
 *
 * @param options further options of the client
 */
export async function connect(
  url: string,
  args: ServerArgs,
  session: Session,
  options: Omit<Partial<ClientOptions>, 'url' | 'headers'> = {},
): Promise<Remote> {
  const mount = mountUrl(url)
  const headers = headersOf(args, session.io.env)
  const { document, contract } = await loadRemoteContract(mount, args, session)
  const client = createClient(contract, { url: mount, headers, timeoutMs: args.timeout, ...options })
  return { url: mount, headers, document, contract, client, close: () => client.close() }
}

/** Loads the contract of a server, in which values are those that travel. */
export async function loadRemoteContract(
  mount: string,
  args: ServerArgs,
  session: Session,
): Promise<LoadedContract> {
  const document = args.contract
    ? (await loadContractFile(args.contract, args.export, session)).document
    : await fetchDocument(mount, args, session)
  return { document, contract: contractOf(document, args.contract ?? mount) }
}

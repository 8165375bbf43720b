import type { ContractDefinition } from '@tidings/core'
import type { About } from '@tidings/core/describe'
import type { DescriptionPath } from '../http/reserved-paths.js'
import { sha256 } from '../runtime/sha256.js'

/** A document about the contract, as it is sent. */
export interface SentDocument {
  readonly body: string
  /** Identifies the body: RFC 9110 section 8.8.3. */
  readonly etag: string
}

/** The documents about a contract, each of which is made when it is first requested. */
export class ContractDescription {
  readonly #contract: ContractDefinition
  readonly #about: Partial<About>
  readonly #documents = new Map<DescriptionPath, Promise<SentDocument>>()

  constructor(contract: ContractDefinition, about: Partial<About> = {}) {
    this.#contract = contract
    this.#about = about
  }

  get(path: DescriptionPath): Promise<SentDocument> {
    const known = this.#documents.get(path)
    if (known) return known
    const document = this.#make(path).catch((error) => {
      // The next request tries again: loading the code may have failed.
      this.#documents.delete(path)
      throw error
    })
    this.#documents.set(path, document)
    return document
  }

  async #make(path: DescriptionPath): Promise<SentDocument> {
    // On demand, so that a server without description loads none of it.
    const { asyncApi, describe, openApi } = await import('@tidings/core/describe')
    const contract = describe(this.#contract)
    const about = { title: 'Tidings', version: contract.hash.slice(0, 8), ...this.#about }
    const documents = {
      $contract: () => contract,
      '$asyncapi.json': () => asyncApi(contract, about),
      '$openapi.json': () => openApi(contract, about),
    }
    const body = JSON.stringify(documents[path]())
    return { body, etag: `"${await sha256(body)}"` }
  }
}

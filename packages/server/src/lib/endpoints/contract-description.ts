import type { ContractDefinition } from '@tidings/core'
import { sha256 } from '../runtime/sha256.js'

/** A document about the contract, as it is sent. */
export interface SentDocument {
  readonly body: string
  /** Identifies the body: RFC 9110 section 8.8.3. */
  readonly etag: string
}

/** The document about a contract, which is made when it is first requested. */
export class ContractDescription {
  readonly #contract: ContractDefinition
  #document: Promise<SentDocument> | undefined

  constructor(contract: ContractDefinition) {
    this.#contract = contract
  }

  get(): Promise<SentDocument> {
    this.#document ??= this.#make().catch((error) => {
      // The next request tries again: loading the code may have failed.
      this.#document = undefined
      throw error
    })
    return this.#document
  }

  async #make(): Promise<SentDocument> {
    // On demand, so that a server without description loads none of it.
    const { describe } = await import('@tidings/core/describe')
    const body = JSON.stringify(describe(this.#contract))
    return { body, etag: `"${await sha256(body)}"` }
  }
}

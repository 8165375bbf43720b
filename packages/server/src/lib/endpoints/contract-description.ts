import type { ContractDefinition } from '@tidings/core'
import { sha256 } from '../runtime/sha256.js'

/** A document about the contract, as it is sent. */
export interface SentDocument {
  readonly body: string
  /** Identifies the body: RFC 9110 section 8.8.3. */
  readonly etag: string
  /** The hash of the contract. */
  readonly hash: string
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

  /** Returns the hash of the contract, or undefined where the code that computes it cannot be loaded. */
  async hash(): Promise<string | undefined> {
    const { hash } = await this.get().catch(() => ({ hash: '' }))
    return hash === '' ? undefined : hash
  }

  async #make(): Promise<SentDocument> {
    // On demand, so that a server without description loads none of it.
    const { describe } = await import('@tidings/core/describe')
    const document = describe(this.#contract)
    const body = JSON.stringify(document)
    return { body, etag: `"${await sha256(body)}"`, hash: document.hash }
  }
}

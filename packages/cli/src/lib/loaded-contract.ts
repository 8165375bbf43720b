import type { ContractDefinition } from '@tidings/core'
import type { ContractDocument } from '@tidings/core/describe'

/** A contract, and what describes it. */
export interface LoadedContract {
  readonly document: ContractDocument
  readonly contract: ContractDefinition
}

import type { ContractDefinition } from '@tidings/core'

const hashes = new WeakMap<ContractDefinition, Promise<string | undefined>>()

/**
 * Returns the hash of a contract, which is computed once, with code that is loaded for it; undefined where that cannot
 * be loaded, and the next call tries again.
 */
export function contractHash(contract: ContractDefinition): Promise<string | undefined> {
  const known = hashes.get(contract)
  if (known) return known
  const hash = import('@tidings/core/describe')
    .then(({ describe }) => describe(contract).hash)
    .catch(() => {
      hashes.delete(contract)
      return undefined
    })
  hashes.set(contract, hash)
  return hash
}

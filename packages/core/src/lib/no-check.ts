/**
 * Stands in for `check-contract.ts` in bundles for browsers that are not made for development: the server of the same
 * contract has checked it. `#check-contract` in `package.json` says which is taken where.
 */
export function checkContract(): void {}

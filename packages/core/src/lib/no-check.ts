/**
 * Replaces `check-contract.ts` in bundles for browsers that are not made for development, since the server checks the
 * contract as well. See decision 010. `#check-contract` in `package.json` selects one of the two.
 */
export function checkContract(): void {}

/**
 * Replaces `check-options.ts` in bundles for browsers that are not made for development. See decision 010.
 * `#check-options` in `package.json` selects one of the two.
 */
export function checkOptions(): void {}

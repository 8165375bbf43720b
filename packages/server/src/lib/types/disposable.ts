/** The key that `AsyncDisposable` has in the compiler's `lib`; `never` without `esnext.disposable`. */
type AsyncDisposeKey = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? Key
  : never

/**
 * A resource that `await using` closes at the end of the block.
 *
 * It is an `AsyncDisposable` wherever the compiler knows one, and has no members elsewhere: naming
 * `AsyncDisposable` itself there turns everything that extends it into `any`, without an error under
 * `skipLibCheck`.
 */
export interface AsyncDisposes extends Record<AsyncDisposeKey, () => Promise<void>> {}

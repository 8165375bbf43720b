/**
 * The key that `Disposable` has in the compiler's `lib`. `never` without `esnext.disposable`, as in Vite's
 * templates.
 */
type DisposeKey = SymbolConstructor extends { readonly dispose: infer Key extends symbol } ? Key : never

/**
 * A resource that `using` closes at the end of the block.
 *
 * It is a `Disposable` wherever the compiler knows one, and has no members elsewhere: naming `Disposable`
 * itself there turns everything that extends it into `any`, without an error under `skipLibCheck`.
 */
export interface Disposes extends Record<DisposeKey, () => void> {}

/** The key that `AsyncDisposable` has, as {@link DisposeKey}. */
type AsyncDisposeKey = SymbolConstructor extends { readonly asyncDispose: infer Key extends symbol }
  ? Key
  : never

/** A resource that `await using` closes at the end of the block: an `AsyncDisposable` wherever the compiler knows one. */
export interface AsyncDisposes extends Record<AsyncDisposeKey, () => Promise<void>> {}

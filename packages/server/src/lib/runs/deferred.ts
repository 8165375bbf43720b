import { ignorable } from '../ignorable.js'

/** A promise with the functions that settle it. It is safe to ignore. */
export interface Deferred {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: unknown): void
}

export function deferred(): Deferred {
  let resolve: () => void = () => {}
  let reject: (error: unknown) => void = () => {}
  const promise = new Promise<void>((resolver, rejecter) => {
    resolve = resolver
    reject = rejecter
  })
  return { promise: ignorable(promise), resolve, reject }
}

// Resolves every package from another directory than its importer's: see other-checkout.ts.
import type { ResolveHook } from 'node:module'

let directory: string | undefined

export function initialize(url: string): void {
  directory = url
}

export const resolve: ResolveHook = (specifier, context, nextResolve) =>
  /^[\w@]/.test(specifier) && !specifier.includes(':')
    ? nextResolve(specifier, { ...context, parentURL: directory })
    : nextResolve(specifier, context)

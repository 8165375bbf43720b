import type { QueryClient } from '@tanstack/react-query'
import type { SeedOf } from '@tidings/core'
import type { contract } from '../../../packages/client/test/frameworks/contract.js'

export { runQuery, seedQuery } from '@tidings/client/tanstack-query'

export declare const prompt: string
export declare const queryClient: QueryClient
export declare const seed: SeedOf<typeof contract.room>
/** As in Preact. */
export declare function signal<Value>(value: Value): { value: Value }

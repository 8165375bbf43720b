import type * as client from '@tidings/client'
import type * as commands from '@tidings/client/commands'
import type * as drift from '@tidings/client/drift'
import type * as native from '@tidings/client/native'
import type * as react from '@tidings/client/react'
import type * as tanstackQuery from '@tidings/client/tanstack-query'
import type * as clientTesting from '@tidings/client/testing'
import type * as core from '@tidings/core'
import type * as mini from '@tidings/core/mini'
import type * as wire from '@tidings/core/wire'
import type * as server from '@tidings/server'
import type * as fetchAdapter from '@tidings/server/fetch'
import type * as serverTesting from '@tidings/server/testing'

/** The names of modules whose values are `any`. */
type AnyOf<Module> = Module extends unknown
  ? { [Name in keyof Module]: 0 extends 1 & Module[Name] ? Name : never }[keyof Module]
  : never

/** Loads the declarations of each entry that needs no types of Node's. */
export const none: [
  AnyOf<typeof client | typeof commands | typeof drift | typeof native | typeof core | typeof mini>,
  AnyOf<typeof wire>,
  AnyOf<typeof react | typeof tanstackQuery>,
  AnyOf<typeof server | typeof fetchAdapter>,
  AnyOf<typeof clientTesting | typeof serverTesting>,
] extends [never, never, never, never, never]
  ? true
  : never = true

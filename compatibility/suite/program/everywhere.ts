import type * as client from '@tidings/client'
import type * as commands from '@tidings/client/commands'
import type * as native from '@tidings/client/native'
import type * as core from '@tidings/core'
import type * as mini from '@tidings/core/mini'
import type * as wire from '@tidings/core/wire'
import type * as server from '@tidings/server'

/** The names of a module whose values are `any`. */
type AnyOf<Module> = { [Name in keyof Module]: 0 extends 1 & Module[Name] ? Name : never }[keyof Module]

/** Loads the declarations of each entry that needs no types of Node's. */
export const none: [
  AnyOf<typeof client | typeof commands | typeof native | typeof core | typeof mini>,
  AnyOf<typeof wire>,
  AnyOf<typeof server>,
] extends [never, never, never]
  ? true
  : never = true

import type { Channel, Command, ErrorsOf, GivenInputOf, OutputOf, Stream } from '@tidings/core'
import type { CommandClient } from './client.js'
import type { Disposes } from './disposable.js'

// With `& {}`, editors show the commands of a group and not the contract.
type CommandsOf<Group> = {
  readonly [Name in keyof Group as Group[Name] extends Channel | Stream
    ? never
    : Name]: Group[Name] extends Command
    ? CommandClient<GivenInputOf<Group[Name]>, OutputOf<Group[Name]>, ErrorsOf<Group[Name]>>
    : CommandsOf<Group[Name]>
} & {}

/** The client of a contract's commands, in the contract's own shape. */
export type CommandsClient<Contract> = CommandsOf<Contract> &
  Disposes & {
    /** Ends every call. Closing again has no effect. */
    close(): void
  }

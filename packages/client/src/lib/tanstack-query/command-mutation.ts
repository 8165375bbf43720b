import type { MutationKey, MutationObserverOptions } from '@tanstack/query-core'
import type { FailureUnion } from '@tidings/core'
import type { CommandClient, VariablesOf } from '../types/client.js'
import { procedureKey } from './query-keys.js'

type Observed<Output, Failure, Variables, Before> = MutationObserverOptions<
  Output,
  Failure,
  Variables,
  Before
>

/** Options of a mutation, besides what it calls. */
export type CommandMutationConfig<Output, Failure, Variables, Before> = Omit<
  Observed<Output, Failure, Variables, Before>,
  'mutationFn' | '_defaulted'
>

/** The options of a command's mutations, for `useMutation` of every framework. */
export interface CommandMutationOptions<Output, Failure, Variables, Before>
  extends CommandMutationConfig<Output, Failure, Variables, Before> {
  /** By default, the path of the command: `['tidings', 'chat', 'send']`. */
  mutationKey: MutationKey
  mutationFn: (variables: Variables) => Promise<Output>
}

/**
 * Returns the options of mutations that call a command: its variables are the command's input, its errors are those of
 * the command, discriminated by `code`.
 *
 * The client sends a command again after network failures, as one call, so TanStack's `retry` stays off. While the
 * browser is offline, a mutation waits, unless `networkMode` is `always`.
 *
 * @param config further options, such as `onMutate` and `onSuccess`
 */
export function commandMutation<Input, Output, Errors, Before = unknown>(
  command: CommandClient<Input, Output, Errors>,
  config?: CommandMutationConfig<Output, FailureUnion<Errors>, VariablesOf<Input>, Before>,
): CommandMutationOptions<Output, FailureUnion<Errors>, VariablesOf<Input>, Before>
export function commandMutation(
  command: { readonly path: string; (input: unknown): Promise<unknown> },
  config?: object,
): object {
  return {
    mutationKey: procedureKey(command.path),
    // Even if it is on by default.
    retry: false,
    ...config,
    mutationFn: (variables: unknown) => command(variables),
  }
}

import type { CallOptions, Client, Run, SignalOptions, Subscription } from '@tidings/client'
import { type ContractDefinition, isTidingsError, type Seed, type TidingsError } from '@tidings/core'
import type { ChannelDocument } from '@tidings/core/describe'
import { paramsFrom } from '../arguments.js'
import { UsageError } from '../exit-code.js'
import { type FoundProcedure, memberAt } from '../procedure.js'

/** The members of a client whose contract is known from its description only. */

export interface DescribedTopic {
  readonly key: string
  subscribe(handlers: Record<string, unknown>, options?: SignalOptions): Subscription
  state(
    reducer: (state: null, item: { readonly type: string; readonly data: unknown }) => null,
    options: { readonly initial: null; readonly seed: Seed<unknown> },
  ): DescribedState
}

interface DescribedState {
  on(event: 'error', handler: (problem: TidingsError) => void): () => void
  close(): void
}

export type DescribedRun = Run<Record<string, unknown>, unknown>

/** Returns the function that calls a command, whether it takes an input or not. */
export function commandOf(
  client: Client<ContractDefinition>,
  { path, procedure }: FoundProcedure<'command'>,
): (input: unknown, options?: CallOptions) => Promise<unknown> {
  const command = memberAt(client, path) as (...args: readonly unknown[]) => Promise<unknown>
  return (input, options) => (procedure.input ? command(input, options) : command(options))
}

/** Returns what starts a run of a stream, whether it takes an input or not, and what attaches to one. */
export function streamOf(client: Client<ContractDefinition>, { path, procedure }: FoundProcedure<'stream'>) {
  const stream = memberAt(client, path) as {
    (...args: readonly unknown[]): DescribedRun
    attach(id: string): DescribedRun
  }
  return {
    start: (input: unknown): DescribedRun => (procedure.input ? stream(input) : stream()),
    attach: (id: string): DescribedRun => stream.attach(id),
  }
}

/**
 * Returns the topic that arguments name.
 *
 * @throws UsageError for params that do not fit
 */
export function topicOf(
  client: Client<ContractDefinition>,
  { path, procedure }: FoundProcedure<'channel'>,
  words: readonly string[],
): DescribedTopic {
  const params = paramsFrom(procedure, path, words)
  const channel = memberAt(client, path) as (params: unknown) => DescribedTopic
  try {
    return channel(params)
  } catch (error) {
    const missing = missingParams(error, params)
    if (missing.length === 0) throw error
    throw new UsageError(
      `"${path}" needs the ${missing.length === 1 ? 'param' : 'params'} ${missing.join(', ')}`,
      `Write: ${usageOf(path, procedure)}`,
    )
  }
}

function missingParams(error: unknown, params: Readonly<Record<string, unknown>>): string[] {
  if (!isTidingsError(error) || error.code !== 'invalid_input') return []
  const names = (error.issues ?? []).map(({ path }) => String(path[0]))
  return names.filter((name) => params[name] === undefined)
}

function usageOf(path: string, { params }: ChannelDocument): string {
  return [path, ...Object.keys(params).map((name) => `${name}=<value>`)].join(' ')
}

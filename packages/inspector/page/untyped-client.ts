import type { Connection, Run, Topic } from '@tidings/client'

/** The client of a contract that is not known before the page runs. */
export interface UntypedClient {
  readonly connection: Connection
  reconnect(): void
  close(): void
}

type Signal = { readonly signal?: AbortSignal }
type Payloads = Record<string, unknown>

export type UntypedChannel = (params: unknown) => Topic<Payloads, unknown>
export type UntypedCommand = (
  ...call: [options: Signal] | [input: unknown, options: Signal]
) => Promise<unknown>
export interface UntypedStream {
  (...call: [options: Signal] | [input: unknown, options: Signal]): Run<Payloads, unknown>
  attach(id: string, options?: Signal): Run<Payloads, unknown>
}

export function channelOf(client: UntypedClient, path: string): UntypedChannel {
  return memberOf(client, path) as UntypedChannel
}

export function commandOf(client: UntypedClient, path: string): UntypedCommand {
  return memberOf(client, path) as UntypedCommand
}

export function streamOf(client: UntypedClient, path: string): UntypedStream {
  return memberOf(client, path) as UntypedStream
}

/** Returns the member of a contract or client at a path: `chat/send`. */
export function memberOf(group: object, path: string): unknown {
  return path.split('/').reduce<unknown>((member, name) => (member as Record<string, unknown>)[name], group)
}

import type { ChannelDocument } from '@tidings/core/describe'

/** Watches one topic of a channel: its snapshot, events and gaps. */
export function Live(props: {
  readonly path: string
  readonly procedure: ChannelDocument
  /** Params that the channel accepts, as JSON. Undefined while the form has a mistake. */
  readonly params: Readonly<Record<string, unknown>> | undefined
}) {
  return <section aria-label="Live events" data-path={props.path} />
}

import type {
  Channel,
  Command,
  DataSchemas,
  GivenParamsOf,
  IsNothing,
  IsOmittable,
  PayloadsOf,
  Stream,
} from '@tidings/core'

/** One method for each event of a channel; an event without data takes no argument. */
export type TopicEmitter<Events extends DataSchemas> = {
  readonly [Name in keyof Events]: EmitEvent<PayloadsOf<Events>[Name]>
}

/**
 * Emits one event to every subscriber of the topic.
 *
 * The payload is validated and encoded at once: one that does not fit throws at the call, and reaches no subscriber. The
 * promise resolves when the event stands in the topic's log: at once, or when the bus has it where there is one.
 *
 * It rejects for whatever else went wrong, and is safe to ignore: a rejection that nothing awaits does not end the process.
 * `unavailable` says that the bus did not confirm the event in time, and may have it nonetheless; `onError` is told of that
 * as well. `closed` says that the server was closed, and `aborted` that the source which emits was stopped.
 *
 * What is emitted in one turn of the event loop is written at its end, or each 1 Mi characters. Who emits much more than
 * that at once should await a turn now and then: what a client's connection cannot take is left in the log, and what the
 * log does not keep is a gap.
 *
 * @throws TidingsError `invalid_output` with issues if the payload does not fit
 */
export type EmitEvent<Payload> =
  IsNothing<Payload> extends true ? () => Promise<void> : (payload: Payload) => Promise<void>

/** Names the topic to emit to: with the channel's params, or with nothing if it has none, or none that must be given. */
export type ChannelEmitter<C> =
  C extends Channel<infer Params, infer Events>
    ? keyof Params extends never
      ? () => TopicEmitter<Events>
      : IsOmittable<GivenParamsOf<C>> extends true
        ? (params?: GivenParamsOf<C>) => TopicEmitter<Events>
        : (params: GivenParamsOf<C>) => TopicEmitter<Events>
    : never

/** The emit of a contract: its channels, in their groups. */
export type Emit<Contract> = {
  readonly [Name in keyof Contract as Contract[Name] extends Command | Stream
    ? never
    : Name]: Contract[Name] extends Channel ? ChannelEmitter<Contract[Name]> : Emit<Contract[Name]>
}

import type { Channel, Command, EventsOf, GivenParamsOf, IsNothing, IsOmittable, Stream } from '@tidings/core'

/**
 * The emitter of a topic: one method for each event of the channel. An event without data takes no argument.
 */
export type TopicEmitter<Events> = {
  readonly [Name in keyof Events]: EmitEvent<Events[Name]>
}

/**
 * Emits one event to every subscriber of the topic.
 *
 * The payload is validated and encoded synchronously: an invalid payload throws at the call and reaches no
 * subscriber. The promise resolves when the event is in the topic's log: at once, or with a bus, when the bus
 * has it.
 *
 * It rejects for any other failure, and is safe to ignore: an unhandled rejection does not end the process.
 * `unavailable` means that the bus did not confirm the event in time, and may have it nonetheless; `onError`
 * is called as well. `closed` means that the server was closed, and `aborted` that the emitting source was
 * stopped.
 *
 * Events emitted in one turn of the event loop are written at its end, or every 1 Mi characters. A program
 * that emits much more at once should occasionally await a turn: events that a client's connection cannot
 * take stay in the log, and events that the log does not keep are a gap.
 *
 * @throws TidingsError `invalid_output` with issues if the payload does not fit
 */
export type EmitEvent<Payload> =
  IsNothing<Payload> extends true ? () => Promise<void> : (payload: Payload) => Promise<void>

/** Selects the topic to emit to by the channel's params. They may be omitted if none is required. */
export type ChannelEmitter<Params, Events> =
  Params extends Record<string, never>
    ? () => TopicEmitter<Events>
    : IsOmittable<Params> extends true
      ? (params?: Params) => TopicEmitter<Events>
      : (params: Params) => TopicEmitter<Events>

/** The emitters of a contract's channels, in the contract's own shape. */
// With `& {}`, editors show the emitters and not the contract.
export type Emit<Contract> = {
  readonly [Name in keyof Contract as Contract[Name] extends Command | Stream
    ? never
    : Name]: Contract[Name] extends Channel
    ? ChannelEmitter<GivenParamsOf<Contract[Name]>, EventsOf<Contract[Name]>>
    : Emit<Contract[Name]>
} & {}

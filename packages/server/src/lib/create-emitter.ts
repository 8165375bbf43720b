import { type ContractDefinition, TidingsError } from '@tidings/core'
import { checkContract, compileContract } from '@tidings/core/wire'
import type { Bus } from './bus/bus.js'
import { tracedBody } from './bus/traced-body.js'
import { createEmit, type Publish } from './emitter.js'
import { defaultHistory, type HistoryOptions, resolveHistory } from './history.js'
import { rejected } from './ignorable.js'
import type { ErrorPlace } from './options.js'
import { guardedOnError, tracingOf } from './resolve-options.js'
import { defaultTopicKeyBytes } from './topic-key.js'
import type { EventTrace, Tracing } from './tracing.js'
import type { AsyncDisposes } from './types/disposable.js'
import type { Emit } from './types/emit.js'
import { atLeast, invalidOptions, requireFunction, requireKnownKeys } from './validate-options.js'

/** The options of an emitter. */
export interface EmitterOptions {
  /** The bus that carries the events to the servers: the same as theirs. */
  bus: Bus
  /**
   * How much to keep of a topic that no server has had a subscriber for yet. Defaults to the servers'
   * defaults.
   */
  history?: HistoryOptions
  /**
   * The maximum length of a topic's key, as `limits.topicKeyBytes` of the servers. Defaults to 4,096 bytes.
   */
  topicKeyBytes?: number
  /** Creates OpenTelemetry spans for emits: `tracing()` of `@tidings/server/tracing`. */
  tracing?: Tracing
  /** Called with each emit that the bus did not accept, for a program that does not await its emits. */
  onError?(error: unknown, at: ErrorPlace): void
}

/** Emits events without serving clients. */
export interface Emitter<Contract> extends AsyncDisposes {
  /**
   * Emits events like a server's `emit`: `emit.room({ roomId }).message(…)`. A rejected promise is safe to
   * ignore.
   */
  readonly emit: Emit<Contract>
  /** Waits for pending emits, and closes the bus. */
  close(): Promise<void>
}

/**
 * Creates an emitter for a process that serves no clients: a worker, a cron job, a script.
 *
 * @throws TidingsError `invalid_options` without a bus, or for a history out of range
 */
export function createEmitter<const Contract extends ContractDefinition>(
  contract: Contract,
  options: EmitterOptions,
): Emitter<Contract> {
  requireKnownKeys(
    'options',
    options,
    ['bus', 'history', 'topicKeyBytes', 'tracing', 'onError'],
    'createEmitter',
  )
  requireFunction('onError', options.onError, 'createEmitter')
  const { bus } = options
  const onError = guardedOnError(options)
  const tracing = tracingOf(options.tracing, 'createEmitter')
  if (typeof bus?.append !== 'function') {
    throw invalidOptions(
      'bus is missing. Give the same bus as the servers: redisBus({ url })',
      'createEmitter',
    )
  }
  const history = resolveHistory(options.history, defaultHistory, 'history', 'createEmitter')
  const maxKeyBytes = atLeast(
    'topicKeyBytes',
    options.topicKeyBytes,
    defaultTopicKeyBytes,
    1,
    'createEmitter',
  )
  checkContract(contract)
  let isClosed = false
  const append = (key: string, body: string, trace?: EventTrace): Promise<void> => {
    if (isClosed) {
      const message = 'The emitter is closed and can no longer emit'
      return rejected(new TidingsError({ code: 'closed', message }))
    }
    const appended = bus.append(key, tracedBody(body, tracing, trace), history)
    // This also makes the promise safe to ignore.
    appended.catch((error) => onError(error, { place: key }))
    return appended
  }
  const publish: Publish = tracing
    ? ({ key }, event, body) => tracing.emit(key, event, (trace) => append(key, body, trace))
    : ({ key }, _, body) => append(key, body)
  const settings = { history, delivery: 'every', loadSnapshot: undefined, runSource: undefined } as const
  const emit = createEmit(compileContract(contract), {
    publish,
    settingsOf: () => settings,
    maxKeyBytes,
    onError,
  })
  const close = () => {
    isClosed = true
    return bus.close()
  }
  return { emit: emit as Emit<Contract>, close, [Symbol.asyncDispose]: close }
}

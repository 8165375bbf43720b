import { type ContractDefinition, TidingsError } from '@tidings/core'
import { checkContract, compileContract } from '@tidings/core/wire'
import type { Bus } from './bus/bus.js'
import { createEmit } from './emitter.js'
import { mistake, requireKnown } from './mistake.js'
import type { HistoryOptions } from './options.js'
import { defaultHistory, resolveHistory } from './resolve-options.js'
import type { Emit } from './types/emit.js'

/** What an emitter is made with. */
export interface EmitterOptions {
  /** What carries the events to the servers: the one they have. */
  bus: Bus
  /** How much is kept of a topic that no server has had a subscriber for yet. Defaults to what servers do. */
  history?: HistoryOptions
}

/** Emits, and serves nobody. */
export interface Emitter<Contract> extends AsyncDisposable {
  /** As that of a server: `emit.room({ roomId }).message(…)`. Here nobody but the caller is told what rejects: await it. */
  readonly emit: Emit<Contract>
  /** Waits for what is being emitted, and closes the bus. */
  close(): Promise<void>
}

/**
 * Emits from a process that serves nobody: a worker, a cron job, a script.
 *
 * @throws TidingsError `invalid_options` without a bus, or for a history out of range
 */
export function createEmitter<const Contract extends ContractDefinition>(
  contract: Contract,
  options: EmitterOptions,
): Emitter<Contract> {
  requireKnown('options', options, ['bus', 'history'], 'createEmitter')
  const { bus } = options
  if (typeof bus?.append !== 'function') {
    throw mistake('bus is missing. Give one like that of the servers: redisBus({ url })', 'createEmitter')
  }
  const history = resolveHistory(options.history, defaultHistory, 'history', 'createEmitter')
  checkContract(contract)
  let isClosed = false
  const emit = createEmit(compileContract(contract), (key, _, body) => {
    if (!isClosed) return bus.append(key, body, history)
    throw new TidingsError({ code: 'closed', message: 'The emitter was closed. Nothing can be emitted' })
  })
  const close = () => {
    isClosed = true
    return bus.close()
  }
  return { emit: emit as Emit<Contract>, close, [Symbol.asyncDispose]: close }
}

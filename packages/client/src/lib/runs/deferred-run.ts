import { TidingsError } from '@tidings/core'
import type { CompiledStream } from '@tidings/core/wire'
import { encodeInput, newKey } from '../calls/call.js'
import { clientParts } from '../client-parts.js'
import { disposeSymbol } from '../disposable.js'
import { type LinkedAbort, linkedAbort } from '../linked-abort.js'
import type { SignalOptions } from '../types/client.js'
import { FoldedRun, type RunReducer } from './folded-run.js'
import type { Runs, UntypedRun } from './run.js'
import type { RunEvent } from './run-reader.js'

type RunCode = typeof import('./run.js')

let loading: Promise<RunCode> | undefined

/**
 * Loads the code of runs, which pages without streams do not need. Resolves at once if it is loaded.
 *
 * @throws TidingsError `network` if it cannot be loaded; the next call tries again
 */
export function loadRuns(): Promise<RunCode> {
  loading ??= import('./run.js').then(
    (code) => {
      code.setParts(clientParts)
      return code
    },
    (cause: unknown) => {
      loading = undefined
      throw new TidingsError({ code: 'network', message: 'The code of runs could not be loaded', cause })
    },
  )
  return loading
}

/** Starts a run of a stream. */
export function startRun(
  runs: Runs,
  stream: CompiledStream,
  input: unknown,
  signal: AbortSignal | undefined,
): DeferredRun {
  const id = newKey()
  return new DeferredRun(runs, stream, id, signal, async (abort) => {
    // Before the code is awaited: the caller may change the input.
    const json = encodeInput(stream, input)
    const { UntypedRun } = await loadRuns()
    return UntypedRun.start(runs, stream, id, json, abort)
  })
}

/** Attaches to the run that has an id. */
export function attachRun(
  runs: Runs,
  stream: CompiledStream,
  id: string,
  signal: AbortSignal | undefined,
): DeferredRun {
  return new DeferredRun(runs, stream, id, signal, async (abort) => {
    const { UntypedRun } = await loadRuns()
    return UntypedRun.attach(runs, stream, id, abort)
  })
}

/** A run whose code may not be loaded yet. Its types are `Run` in `types/client.ts`. */
class DeferredRun implements AsyncIterable<RunEvent>, Disposable {
  readonly id: string
  readonly #runs: Runs
  readonly #stream: CompiledStream
  readonly #abort: LinkedAbort
  /** Rejects with a TidingsError if the run cannot be requested. */
  readonly #run: Promise<UntypedRun>
  #output: Promise<unknown> | undefined

  constructor(
    runs: Runs,
    stream: CompiledStream,
    id: string,
    signal: AbortSignal | undefined,
    open: (abort: LinkedAbort) => Promise<UntypedRun>,
  ) {
    this.id = id
    this.#runs = runs
    this.#stream = stream
    this.#abort = linkedAbort(signal)
    this.#run = open(this.#abort)
    this.#run.catch(this.#abort.unlink)
  }

  /** Resolves with the output. Without a consumer, drops the events. */
  get output(): Promise<unknown> {
    this.#output ??= ignorable(this.#run.then((run) => run.output))
    return this.#output
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<RunEvent, undefined> {
    const loop = ignorable(this.#run.then((run) => run.consume()))
    return {
      next: async () => (await loop).next(),
      return: async () => (await loop).return(),
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  state(reducer: RunReducer, options: SignalOptions & { initial: unknown }): FoldedRun {
    const at = { channel: this.#stream.path, topic: `$run=${this.id}` }
    const folded: FoldedRun = new FoldedRun(this.#runs, at, reducer, options, () =>
      leaving.then((leave) => leave?.()),
    )
    const leaving = this.#run.then(
      (run) => run.pipe(folded),
      (error) => folded.onEnded({ status: 'failed', error }),
    )
    return folded
  }

  /** Ends the run on the server, unless it is over. */
  async cancel(): Promise<void> {
    await (await this.#run).cancel()
  }

  /** Detaches from the run, and rejects the output with `aborted`. */
  [disposeSymbol](): void {
    this.#abort.abort()
  }
}

/** Returns a promise whose rejection the caller may ignore. */
function ignorable<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(() => {})
  return promise
}

import { TidingsError } from '@tidings/core'
import type { CompiledStream, Cursor } from '@tidings/core/wire'
import { encodeInput, newKey } from '../calls/call.js'
import { clientParts } from '../client-parts.js'
import { disposeSymbol } from '../disposable.js'
import { type LinkedAbort, linkedAbort } from '../linked-abort.js'
import type { ErrorContext } from '../options/client-options.js'
import type { ResolvedOptions } from '../options/resolved-options.js'
import type { SignalOptions } from '../types/client.js'
import { type FoldableRun, FoldedRun, type RunReducer } from './folded-run.js'
import type { Runs, UntypedRun } from './run.js'
import type { RunQueue } from './run-queue.js'
import type { RunEvent } from './run-reader.js'

type RunCode = typeof import('./run.js')

let loading: Promise<RunCode> | undefined

/**
 * Loads the code of runs, which pages without streams do not need. Resolves at once if it is loaded.
 * See decision 017.
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

/**
 * Starts a run of a stream.
 *
 * @throws TidingsError `invalid_options` without `crypto.getRandomValues`
 */
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
class DeferredRun implements AsyncIterable<RunEvent>, FoldableRun, Disposable {
  readonly id: string
  readonly at: ErrorContext
  readonly options: ResolvedOptions
  readonly #abort: LinkedAbort
  /** Rejects with a TidingsError if the run cannot be requested. */
  readonly #run: Promise<UntypedRun>
  #output: Promise<unknown> | undefined

  constructor(
    { options }: Runs,
    { path }: CompiledStream,
    id: string,
    signal: AbortSignal | undefined,
    open: (abort: LinkedAbort) => Promise<UntypedRun>,
  ) {
    this.id = id
    this.at = { channel: path, topic: `$run=${id}` }
    this.options = options
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
    let queue: RunQueue | undefined
    const loop = ignorable(
      this.#run.then((run) => {
        queue = run.consume()
        return queue
      }),
    )
    return {
      next: () => queue?.next() ?? loop.then((loaded) => loaded.next()),
      return: () => loop.then((loaded) => loaded.return()),
      [Symbol.asyncIterator]() {
        return this
      },
    }
  }

  state(reducer: RunReducer, options: SignalOptions & { initial: unknown }): FoldedRun {
    const state = new FoldedRun(this, reducer, options)
    // Otherwise its signal has fired.
    if (state.status === 'running') this.#whenLoaded((run) => run.hold(state))
    return state
  }

  read(state: FoldedRun, from: Cursor | undefined): () => Cursor | undefined {
    let isLeft = false
    let leave: (() => Cursor | undefined) | undefined
    this.#run
      .then((run) => {
        if (!isLeft) leave = run.pipe(state, from)
      })
      .catch((error: TidingsError) => !isLeft && state.onEnded({ status: 'failed', error }))
    return () => {
      isLeft = true
      if (leave) return leave()
      this.release(state)
      return from
    }
  }

  release(state: FoldedRun): void {
    this.#whenLoaded((run) => run.release(state))
  }

  #whenLoaded(use: (run: UntypedRun) => void): void {
    // Readers of the run receive the error.
    this.#run.then(use, () => {})
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

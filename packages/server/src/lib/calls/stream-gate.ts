import { ignorable } from '../ignorable.js'
import type { Caller, RunBehind } from '../middleware/compose.js'
import { onAbort } from '../on-abort.js'

/** Runs the handler of a stream, and resolves with its output. */
export type RunHandler = (context: unknown) => Promise<unknown>

/** A stream's call, as its middleware receives it. */
export interface GatedCall {
  readonly context: unknown
  readonly input: unknown
}

/**
 * Runs the middleware of a stream around its whole run. It begins before the run exists, so that its refusal is a
 * problem document; the handler begins once it has let the call pass.
 */
export class StreamGate {
  readonly #controller = new AbortController()
  readonly #output: Promise<unknown>
  #pass: () => void = () => {}
  readonly #passed = new Promise<void>((resolve) => {
    this.#pass = resolve
  })
  #open: (run: RunHandler) => void = () => {}
  #drop: (reason: unknown) => void = () => {}
  readonly #handler = ignorable(
    new Promise<RunHandler>((resolve, reject) => {
      this.#open = resolve
      this.#drop = reject
    }),
  )

  constructor(runBehind: RunBehind, { context, input }: GatedCall, caller: Caller) {
    const call = { context, input, signal: this.#controller.signal }
    const output = runBehind(call, caller, async (narrowed) => {
      this.#pass()
      const run = await this.#handler
      return run(narrowed)
    })
    this.#output = ignorable(output)
  }

  /** Resolves when the middleware has let the call pass. @throws what a middleware has thrown before */
  async passed(): Promise<void> {
    await Promise.race([this.#passed, this.#output])
  }

  /** Begins the handler. Resolves with the output of the whole run. */
  open(run: RunHandler, signal: AbortSignal): Promise<unknown> {
    const stop = this.#follow(signal)
    this.#open(run)
    return this.#output.finally(stop)
  }

  /** Ends a call whose handler does not begin. Has no effect after {@link open}, other than to fire the signal. */
  drop(reason: unknown): void {
    this.#controller.abort(reason)
    this.#drop(reason)
  }

  #follow(signal: AbortSignal): () => void {
    return onAbort(signal, () => this.#controller.abort(signal.reason))
  }
}

import type { EventUnion, TidingsError } from '@tidings/core'
import { useCallback, useEffect, useInsertionEffect, useRef, useState, useSyncExternalStore } from 'react'
import type { Run, SignalOptions } from '../types/client.js'
import { RunStore, type ShownRun } from './run-store.js'

/** A stream of a client: `client.complete`. */
export interface CallableStream<
  Args extends readonly unknown[],
  Events,
  Output,
  Failure extends TidingsError,
> {
  (...args: Args): Run<Events, Output>
  attach(id: string, options?: SignalOptions): Run<Events, Output>
  isError(error: unknown): error is Failure
}

/** A run that a component shows, and the functions that start, attach to and cancel one. */
export interface RunView<Args extends readonly unknown[], Events, Output, Failure extends TidingsError> {
  /** The id of the run. Undefined while the status is `idle`. */
  readonly id: string | undefined
  /** The events so far, from the beginning of the run. A new array with each change. */
  readonly events: readonly EventUnion<Events>[]
  /** `idle` without a run, `running` until the run has its output (`done`) or has failed. */
  readonly status: 'idle' | 'running' | 'done' | 'failed'
  /** The output, once the status is `done`. */
  readonly output: Output | undefined
  /** Why the run failed, once the status is `failed`. Its `code` types its `data`. */
  readonly error: Failure | undefined
  /**
   * Starts a run, and shows it instead of the last one, which is detached from. Call it in event handlers and effects,
   * not while rendering.
   */
  readonly start: (...args: Args) => Run<Events, Output>
  /** Shows the run that has an id, from its beginning. */
  readonly attach: (id: string) => Run<Events, Output>
  /**
   * Ends the shown run on the server, for every reader, or the one that was just started. The promise may be ignored: its
   * rejection is never reported as unhandled.
   */
  readonly cancel: () => Promise<void>
}

/** Options of {@link useRun}. */
export interface RunViewOptions {
  /**
   * The id of the run to attach to, perhaps from the address of the page. When it changes, the run that has the new id is
   * shown, and none without one. The id of a run that this component has started continues it.
   */
  id?: string | undefined
}

/**
 * Shows a run of a stream: one that it starts, or attaches to. Many events of one turn of the event loop are one render.
 *
 * A component that is unmounted detaches from its run. If that was the last reader, the server ends the run, unless the
 * stream's `lingerMs` is `Infinity`. The effects that StrictMode repeats do not detach.
 *
 * A server renders the run as `running` if there is an id, and makes no request.
 */
export function useRun<Args extends readonly unknown[], Events, Output, Failure extends TidingsError>(
  stream: CallableStream<Args, Events, Output, Failure>,
  options?: RunViewOptions,
): RunView<Args, Events, Output, Failure>
export function useRun(
  stream: CallableStream<readonly unknown[], unknown, unknown, TidingsError>,
  { id }: RunViewOptions = {},
): ShownRun & Actions {
  const attached = () => new RunStore(id === undefined ? undefined : stream.attach(id))
  const [held, hold] = useState((): Held => ({ stream, id, store: attached() }))
  const { begun } = held
  let { store } = held
  if (held.id !== id || held.stream !== stream) {
    if (held.stream !== stream || id !== store.run?.id) store = attached()
    hold({ stream, id, store, begun })
  }
  const shown = useSyncExternalStore(store.subscribe, store.getShown, store.getShown)

  /** The run that is shown, or is about to be: a handler may start one and cancel it. */
  const newest = useRef(store.run)
  useInsertionEffect(() => {
    newest.current = store.run
  }, [store])
  const lastBegun = useRef<RunStore>(undefined)
  const isGone = useRef(false)
  const abandonIfGone = useCallback(() => {
    if (!isGone.current) return
    // Later, since StrictMode brings the component back at once, with the effects of its children before its own.
    setTimeout(() => {
      if (isGone.current) lastBegun.current?.abandon()
    })
  }, [])
  const show = useCallback(
    (run: Run<unknown, unknown>) => {
      const next = new RunStore(run)
      newest.current = run
      lastBegun.current?.replace()
      lastBegun.current = next
      abandonIfGone()
      hold((before) => ({ ...before, store: next, begun: next }))
      return run
    },
    [abandonIfGone],
  )
  useEffect(() => {
    isGone.current = false
    return () => {
      isGone.current = true
      abandonIfGone()
    }
  }, [abandonIfGone])
  useEffect(() => {
    // An id that changed in the same render is shown instead.
    if (begun !== store) begun?.replace()
  }, [begun, store])

  const start = useCallback((...args: unknown[]) => show(stream(...args)), [stream, show])
  const attach = useCallback((other: string) => show(stream.attach(other)), [stream, show])
  const cancel = useCallback(() => {
    const cancelled = Promise.resolve(newest.current?.cancel())
    cancelled.catch(() => {})
    return cancelled
  }, [])
  return { ...shown, start, attach, cancel }
}

interface Held {
  readonly stream: unknown
  readonly id: string | undefined
  readonly store: RunStore
  /** The last run that the component has started or attached to by a function. */
  readonly begun?: RunStore | undefined
}

interface Actions {
  start(...args: unknown[]): Run<unknown, unknown>
  attach(id: string): Run<unknown, unknown>
  cancel(): Promise<void>
}

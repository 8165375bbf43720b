import { TidingsError } from '@tidings/core'
import { ignorable } from '../ignorable.js'
import type { Middleware, MiddlewareRequest, MiddlewareResult, Next, ProcedureInfo } from './middleware.js'

/** A middleware that has been started, without its types. */
export type StartedMiddleware = Middleware<unknown, object>

/** The caller of a procedure: the parts of its request that middleware receives. */
export interface Caller {
  readonly headers: Headers
  readonly address: string | undefined
  readonly request?: object | undefined
}

/** One call of a procedure, as its endpoint knows it. */
export interface Call {
  readonly context: unknown
  readonly input?: unknown
  readonly params?: unknown
  readonly signal: AbortSignal
  readonly isRenewal?: boolean
}

/**
 * Runs a procedure's middleware, and in its middle the handler, which receives the narrowed context. Resolves with the
 * handler's output, and rejects with what the handler or a middleware throws.
 */
export type RunBehind = (
  call: Call,
  caller: Caller,
  handle: (context: unknown) => Promise<unknown>,
) => Promise<unknown>

/** Returns how a procedure runs behind its middleware, the first of the list outermost; undefined without any. */
export function composed(
  middleware: readonly StartedMiddleware[],
  procedure: ProcedureInfo,
  principalOf: (context: unknown) => string | undefined,
): RunBehind | undefined {
  if (middleware.length === 0) return undefined
  return async (
    { context, input, params, signal, isRenewal = false },
    { headers, address, request },
    handle,
  ) => {
    const principal = principalOf(context)
    const facts = { procedure, input, params, headers, address, principal, request, signal, isRenewal }
    return (await runFrom(0, context, { middleware, facts, handle })).output
  }
}

interface Run {
  readonly middleware: readonly StartedMiddleware[]
  readonly facts: Omit<MiddlewareRequest<unknown>, 'context' | 'next'>
  readonly handle: (context: unknown) => Promise<unknown>
}

async function runFrom(index: number, context: unknown, run: Run): Promise<Result> {
  const { middleware, facts, handle } = run
  const current = middleware[index]
  if (!current) return new Result(await handle(context))
  let isPending = false
  const proceed = async (changes?: { readonly context: object }): Promise<Result> => {
    if (isPending) throw nextIsPending(facts.procedure)
    isPending = true
    try {
      return await runFrom(index + 1, merged(context, changes?.context, facts.procedure), run)
    } finally {
      isPending = false
    }
  }
  // A middleware may end without awaiting it.
  const next = (changes?: { readonly context: object }) => ignorable(proceed(changes))
  const result: unknown = await current({ ...facts, context, next: next as Next })
  if (result instanceof Result) return result
  throw noResult(facts.procedure, result)
}

class Result implements MiddlewareResult<never> {
  readonly output: unknown

  constructor(output: unknown) {
    this.output = output
  }
}

/** Returns a context with further keys. The given context stays as it is, for a retry. */
function merged(context: unknown, added: object | undefined, { path }: ProcedureInfo): unknown {
  if (added === undefined) return context
  if (context === undefined || context === null) return { ...added }
  const prototype = typeof context === 'object' ? Object.getPrototypeOf(context) : undefined
  if (prototype === Object.prototype || prototype === null) return { ...context, ...added }
  const message = `A middleware of "${path}" adds to a context that is not a plain object. Return a plain object from \`context\``
  throw new TidingsError({ code: 'internal', message })
}

function nextIsPending({ path }: ProcedureInfo): TidingsError {
  const message = `A middleware of "${path}" called next() while a call of it was pending. Await the first call, then retry`
  return new TidingsError({ code: 'internal', message })
}

function noResult({ path }: ProcedureInfo, result: unknown): TidingsError {
  const message = `A middleware of "${path}" returned ${String(result)}. Return the result of next(), or throw to refuse`
  return new TidingsError({ code: 'internal', message })
}

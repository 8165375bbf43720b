import type { ControlResponse, OpenSignal } from '@tidings/core/wire'
import type { Answer, Caller } from './caller.js'
import type { Finding } from './finding.js'
import type { Protocol, Target } from './target.js'
import { WatchedStream } from './watched-stream.js'

export interface ExaminationOptions {
  /** How long an idle stream is watched. */
  readonly waitMs: number
  /** The origin of a page on another host that is to use the server. */
  readonly origin: string | undefined
}

/** What the checks share. */
export interface Examination {
  readonly target: Target
  readonly protocol: Protocol
  readonly caller: Caller
  readonly options: ExaminationOptions
  readonly signal: AbortSignal
  report(finding: Finding): void
  /** Tells what is being waited for, and how much of it is done, from 0 to 1. */
  progress(what: string, done: number): void
}

/** A shared connection whose `$open` has arrived. */
export interface OpenConnection {
  readonly stream: WatchedStream
  readonly id: string
  readonly open: Partial<OpenSignal>
}

/** An operation of a control request that sends a text back, and tells which of the named headers arrived. */
export type Echo = { readonly echo: string; readonly headers?: readonly string[] }

export async function openStream(
  { caller }: Pick<Examination, 'caller'>,
  timeoutMs: number,
  headers: Readonly<Record<string, string>> = {},
): Promise<WatchedStream> {
  const exchange = await caller.open(
    { method: 'GET', path: '', headers: { accept: 'text/event-stream', ...headers } },
    timeoutMs,
  )
  return new WatchedStream(exchange)
}

/** Posts a control request. `padding` is white space that makes its body longer. */
export function control(
  { caller }: Pick<Examination, 'caller'>,
  id: string,
  operations: readonly Echo[],
  headers: Readonly<Record<string, string>> = {},
  padding = 0,
): Promise<Answer> {
  const body = JSON.stringify({ operations }) + ' '.repeat(padding)
  return caller.ask({ method: 'POST', path: `$connections/${id}`, headers, body })
}

/** Returns the `code` of a problem document of Tidings, or undefined for any other response. */
export function problemCode({ headers, text }: Answer): string | undefined {
  if (!/^application\/problem\+json/i.test(headers['content-type'] ?? '')) return undefined
  try {
    const { code } = JSON.parse(text) as { code?: unknown }
    return typeof code === 'string' ? code : undefined
  } catch {
    return undefined
  }
}

/** Returns the names of the headers that a server received, or undefined if it does not know the `echo` operation. */
export function receivedHeaders(answer: Answer): readonly string[] | undefined {
  if (answer.status !== 200) return undefined
  try {
    const { results } = JSON.parse(answer.text) as ControlResponse
    const [result] = results
    return result?.status === 'done' ? result.headers : undefined
  } catch {
    return undefined
  }
}

/** Describes a response in a few words: `404, text/html`. */
export function described({ status, headers }: Pick<Answer, 'status' | 'headers'>): string {
  const type = headers['content-type']?.split(';', 1)[0]
  return type === undefined ? String(status) : `${status}, ${type}`
}

/** Formats a duration: `3 ms`, `240 ms`, `5.1 s`. */
export function duration(ms: number): string {
  if (ms < 10) return `${Math.max(ms, 0).toFixed(1)} ms`
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(1)} s`
}

/** Formats a span that was configured: `15 s`, `500 ms`. */
export function span(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${Math.round(ms / 100) / 10} s`
}

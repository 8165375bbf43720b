import type { Remedy } from './remedy.js'

/** `unknown`: it could not be measured. */
export type Verdict = 'ok' | 'warning' | 'fault' | 'unknown'

/** What each check is about, in the order of the report. */
export type CheckName =
  | 'connection'
  | 'certificate'
  | 'http version'
  | 'proxy'
  | 'mount'
  | 'first event'
  | 'response headers'
  | 'compression'
  | 'caching'
  | 'control requests'
  | 'delay'
  | 'request headers'
  | 'authorization'
  | 'host'
  | 'cross-origin'
  | 'body size'
  | 'leaving'
  | 'silence'

/** The result of one check. */
export interface Finding {
  readonly check: CheckName
  readonly verdict: Verdict
  /** What was measured, in one line. */
  readonly fact: string
  readonly details?: readonly string[]
  /** What to do, whichever the proxy. */
  readonly advice?: string
  /** What to configure, for each proxy other lines. */
  readonly remedies?: readonly Remedy[]
}

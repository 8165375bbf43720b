import type { Issue, TidingsError } from '@tidings/core'

/** What a subscription received, with the position after it where that is known. */
export type TopicRecord = { readonly at: string; readonly cursor?: string } & (
  | { readonly type: 'snapshot'; readonly data: unknown }
  | { readonly type: 'event'; readonly event: string; readonly data?: unknown }
  /** Events were missed. */
  | { readonly type: 'gap'; readonly reason: string }
  /** An event or a snapshot that does not fit the described contract, as it arrived. */
  | Misfit
)

interface Misfit {
  readonly type: 'misfit'
  /** `$snapshot` for a snapshot. */
  readonly event: string
  readonly data: unknown
  readonly issues: readonly Issue[]
}

/** Returns the record of a payload that the client has reported. */
export function misfitOf(
  event: string,
  data: string,
  { issues, message }: Pick<TidingsError, 'issues' | 'message'>,
) {
  return {
    type: 'misfit',
    at: new Date().toISOString(),
    event,
    data: parsed(data),
    issues: issues ?? [{ path: [], message }],
  } as const
}

/** Parses JSON. Returns any other text as it is. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

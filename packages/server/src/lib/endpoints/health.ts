import { TidingsError } from '@tidings/core'
import type { Bus } from '../bus/bus.js'
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { healthPath } from '../http/reserved-paths.js'
import { jsonResponse, problemResponse } from '../http/responses.js'

/** The answer to `GET /events/$health`. */
export interface Health {
  /** The process answers. Where a load balancer tells this from the rest, restart what does not. */
  readonly live: true
  /** Clients may be sent here: the server is not closing, and its bus answers. */
  readonly ready: boolean
}

/**
 * Answers `GET /events/$health`: 200 if the server is ready, otherwise 503, with the same body. Anyone may ask; with
 * `?live`, it is 200 as long as the process answers.
 */
export async function handleHealth(
  request: TidingsRequest,
  bus: Pick<Bus, 'ping'> | undefined,
  isOpen: boolean,
): Promise<CompleteResponse> {
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const message = `"${healthPath}" does not accept ${request.method}. Use GET or HEAD`
    return problemResponse(new TidingsError({ code: 'method_not_allowed', message }), { Allow: 'GET, HEAD' })
  }
  const ready = isOpen && (await isUsable(bus))
  const health: Health = { live: true, ready }
  const answer = jsonResponse(health)
  return ready || request.query.has('live') ? answer : { ...answer, status: 503 }
}

async function isUsable(bus: Pick<Bus, 'ping'> | undefined): Promise<boolean> {
  try {
    await bus?.ping()
    return true
  } catch {
    return false
  }
}

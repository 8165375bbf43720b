import { TidingsError } from '@tidings/core'
import type { Bus } from '../bus/bus.js'
import type { CompleteResponse, TidingsRequest } from '../http/adapter.js'
import { healthPath } from '../http/reserved-paths.js'
import { jsonResponse, problemResponse } from '../http/responses.js'

/** The response to `GET /events/$health`. */
export interface Health {
  /** The process responds. Restart a node whose process does not. */
  readonly live: true
  /** Whether clients may be sent here: the server is not closing, and its bus is usable. */
  readonly ready: boolean
}

/**
 * Handles `GET /events/$health`, for any caller: responds with 200 if the server is ready, otherwise with 503. With
 * `?live`, it responds with 200 as long as the process runs.
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
  const response = jsonResponse(health)
  return ready || request.query.has('live') ? response : { ...response, status: 503 }
}

async function isUsable(bus: Pick<Bus, 'ping'> | undefined): Promise<boolean> {
  try {
    await bus?.ping()
    return true
  } catch {
    return false
  }
}

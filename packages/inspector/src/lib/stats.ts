import type { InspectedServer, TidingsRequest, TidingsResponse } from '@tidings/server'
import { dataResponse } from './responses.js'

/** Answers `GET $inspect/stats` with the server's current state and totals. */
export async function statsResponse(
  server: InspectedServer,
  _request: TidingsRequest,
): Promise<TidingsResponse> {
  return dataResponse(JSON.stringify(server.stats()))
}

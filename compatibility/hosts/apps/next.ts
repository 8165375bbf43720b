import { fetchHandler } from '@tidings/server/fetch'
import { tidings } from './tidings.js'

export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

const handle = fetchHandler(tidings, {
  // Next sets this header if it is missing, and a proxy in front of Next always.
  address: (request) => request.headers.get('x-forwarded-for') ?? undefined,
})

export { handle as GET, handle as HEAD, handle as OPTIONS, handle as POST }

import { fetchHandler } from '@tidings/server/fetch'
import { tidings } from './tidings.js'

export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

const handle = fetchHandler(tidings, {
  // A proxy appends the address from which it was called: a client can send the entries before the last.
  address: (request) => request.headers.get('x-forwarded-for')?.split(',').at(-1)?.trim(),
})

export { handle as GET, handle as HEAD, handle as OPTIONS, handle as POST }

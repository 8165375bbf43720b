import { fetchHandler } from '@tidings/server/fetch'
import { tidings } from '@/lib/server'

export const runtime = 'nodejs'
export const dynamic = 'force-dynamic'

const handle = fetchHandler(tidings)

export { handle as GET, handle as OPTIONS, handle as POST }

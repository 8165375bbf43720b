import { serveOnDeno } from '../src/lib/fetch-hosts.js'
import { handWritten } from '../src/lib/fetch-subjects.js'

export const start = handWritten(serveOnDeno)

import { serveOnDeno } from '../src/lib/fetch-hosts.js'
import { tidingsOnFetch } from '../src/lib/fetch-subjects.js'

export const start = tidingsOnFetch(serveOnDeno)

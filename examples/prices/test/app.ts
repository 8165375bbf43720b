import { join } from 'node:path'
import { type AtEnd, startBuilt } from '@tidings/test-kit'

/** Starts the built server on a free port of 127.0.0.1. */
export function startPrices(env: NodeJS.ProcessEnv = {}, atEnd?: AtEnd) {
  return startBuilt(
    join(import.meta.dirname, '../dist/server.js'),
    { CHANGES: '', SEED: '', SLOW_BYTES: '', ...env },
    atEnd,
  )
}

import { join } from 'node:path'
import { type AtEnd, startBuilt } from '@tidings/test-kit'

/** Starts the built server on a free port of 127.0.0.1, with the simulated model if `env` does not say otherwise. */
export function startAssistant(env: NodeJS.ProcessEnv = {}, atEnd?: AtEnd) {
  return startBuilt(
    join(import.meta.dirname, '../dist/server.js'),
    { MODEL: '', MODEL_URL: '', MODEL_KEY: '', ...env },
    atEnd,
  )
}

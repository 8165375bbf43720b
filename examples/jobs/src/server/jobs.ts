import { inspector } from '@tidings/inspector'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import helmet from 'helmet'
import { contract } from '../contract'
import { type JobHandlersOptions, jobHandlers } from './handlers'

export interface JobsOptions extends JobHandlersOptions {
  /** The folder of the built page. */
  readonly webFolder: string
}

/** Creates the Tidings server of the jobs, and an Express app that serves it with the page. */
export function createJobs({ webFolder, ...options }: JobsOptions) {
  const tidings = createServer(
    contract,
    {
      // At /events/$inspect. Not in production: see docs/inspector.md.
      inspector: inspector(),
      onError: (error, { place }) => console.error(`Failed at ${place}:`, error),
    },
    jobHandlers(options),
  )

  const app = express()
  // The page is served over plain HTTP, so the browser must not upgrade its requests.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }))
  app.use('/events', expressHandler(tidings))
  app.use(express.static(webFolder))
  return { app, tidings }
}

import { createServer, implement, rateLimit } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import helmet from 'helmet'
import { contract } from '../contract'
import { answer } from './answer'
import type { Search } from './documentation'
import { type Model, ModelError } from './model'

export interface AssistantOptions {
  /** The folder of the built page. */
  readonly webFolder: string
  readonly model: Model
  readonly search: Search
}

/** Creates the Tidings server of the assistant, and an Express app that serves it with the page. */
export function createAssistant({ webFolder, model, search }: AssistantOptions) {
  // Everyone who can reach the server can ask, and an endpoint may charge for each question. In an app with
  // users, give `principal`, and the limit counts by user.
  const asking = implement(contract, {}).use(rateLimit({ burst: 10, perSecond: 1 / 6 }))
  const answers = asking.handlers(contract, {
    answer: {
      run: async function* ({ input, signal, fail }) {
        try {
          return yield* answer(input.question, { model, search, signal })
        } catch (error) {
          if (!(error instanceof ModelError)) throw error
          // The page is told the kind of failure. What the endpoint said may be meant for its customer only.
          console.error(error)
          throw fail('model_failed', { failure: error.failure })
        }
      },
      // Anyone with the address of an answer may read and stop it: the id in it is 128 random bits. In an app
      // with users, leave this out, and only the user who asked may.
      authorize: () => true,
      // An answer is written to its end, whether or not a page reads it, and stays readable for another hour.
      lingerMs: Number.POSITIVE_INFINITY,
      keepMs: 3_600_000,
    },
  })
  const tidings = createServer(
    asking,
    {
      onError: (error, { place }) => console.error(`Failed at ${place}:`, error),
      // Active runs and runs that are kept count. The oldest run that has ended makes room for another.
      limits: { runsPerAddress: 20 },
    },
    answers,
  )

  const app = express()
  // The page is served over plain HTTP, so the browser must not upgrade its requests.
  app.use(helmet({ contentSecurityPolicy: { directives: { upgradeInsecureRequests: null } } }))
  app.use('/events', expressHandler(tidings))
  app.use(express.static(webFolder))
  return { app, tidings }
}

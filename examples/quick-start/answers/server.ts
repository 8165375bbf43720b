// server.ts
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import { contract } from './contract.js'
import { model } from './model.js'

const tidings = createServer(
  contract,
  {
    context: ({ headers }) => ({ user: headers.get('authorization') ?? undefined }),
    principal: ({ user }) => user,
  },
  {
    answer: {
      run: async function* ({ input, signal, fail }) {
        if (input.question.includes('password')) throw fail('refused', { reason: 'secrets' })
        yield { type: 'tool', data: { name: 'search', state: 'running' } }
        yield { type: 'tool', data: { name: 'search', state: 'done' } }
        let words = 0
        for await (const word of model(input.question, signal)) {
          words++
          yield { type: 'word', data: word }
        }
        // Here, save the answer: a run is kept for minutes.
        return { words }
      },
      lingerMs: 120_000, // goes on for two minutes without a reader
      keepMs: 600_000, // can be read for ten minutes after its end
    },
  },
)

const app = express()
app.use('/events', expressHandler(tidings))
app.listen(3000)

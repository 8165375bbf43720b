import { channel, command, defineContract } from '@tidings/core'
import { inspector } from '@tidings/inspector'
import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import { listen } from '@tidings/test-kit'
import express from 'express'
import { onTestFinished } from 'vitest'
import * as z from 'zod'

/** Channels without params, so that a page subscribes with one button. */
const contract = defineContract({
  feed: channel({
    snapshot: z.object({ items: z.array(z.number()) }),
    events: { item: z.object({ n: z.number(), text: z.string() }), typing: z.object({ author: z.string() }) },
  }),
  forgetful: channel({ events: { item: z.number() } }),
  secret: channel({ events: { item: z.number() } }),
  send: command({ input: z.object({ text: z.string() }), output: z.object({ text: z.string() }) }),
})

/** Starts a server of channels to watch, and stops it when the test is over. */
export async function startWatched() {
  const tidings = createServer(
    contract,
    { inspector: inspector() },
    {
      feed: { snapshot: () => ({ items: [1, 2] }) },
      forgetful: { history: { size: 0 } },
      secret: { authorize: () => false },
      send: ({ input }) => input,
    },
  )
  const app = express()
  app.use('/events', expressHandler(tidings))
  const listening = await listen(app)
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  return { ...listening, tidings, address: `${listening.origin}/events/$inspect` }
}

import { createClient } from '@tidings/client'
import { listen } from '@tidings/test-kit'
import { expect, it, onTestFinished } from 'vitest'
import { contract } from '../contract'
import { createAssistant } from './assistant'
import { documentation } from './documentation'
import { simulatedModel } from './simulated-model'

it('answers ten questions of an address at once, and refuses the next', async () => {
  const { app, tidings } = createAssistant({
    webFolder: import.meta.dirname,
    model: simulatedModel(0),
    search: documentation(import.meta.dirname, 0),
  })
  onTestFinished(() => tidings.close({ drainMs: 0 }))
  const { origin } = await listen(app)
  const client = createClient(contract, { url: `${origin}/events` })
  onTestFinished(() => client.close())
  const ask = () => client.answer({ question: 'Please fail' }).output.catch(({ code }) => code)
  const ends = await Promise.all(Array.from({ length: 11 }, ask))
  expect(ends.toSorted()).toEqual([...Array(10).fill('model_failed'), 'too_many_requests'])
})

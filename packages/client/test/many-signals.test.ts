import { expect, it, onTestFinished } from 'vitest'
import { connect, startServer } from './harness.js'

it('makes many calls and subscriptions with one signal, without a warning of Node', async () => {
  const warnings: Error[] = []
  const onWarning = (warning: Error) => warnings.push(warning)
  process.on('warning', onWarning)
  onTestFinished(() => void process.off('warning', onWarning))
  const { url } = await startServer()
  const { client } = connect(url)
  const { signal } = new AbortController()
  const topics = Array.from({ length: 20 }, (_, index) => client.room({ roomId: String(index) }))
  const stops = topics.map((topic) => topic.on('typing', () => {}, { signal }))
  const states = topics.map((topic) => topic.state((state) => state, { signal }))
  for (const state of states) state.on('change', () => {})
  await Promise.all(stops.map(({ ready }) => ready))
  await Promise.all(Array.from({ length: 20 }, () => client.send({ text: 'hi' }, { signal })))
  expect(warnings).toEqual([])
})

import { expect, it } from 'vitest'
import { loadBare } from './bare-runtime.js'

type Scenario = typeof import('./scenario.js')

it.each([
  { runtime: 'a browser', without: [] },
  { runtime: 'an older edge runtime', without: ['MessageChannel', 'WeakRef', 'FinalizationRegistry'] },
])('serves a contract in $runtime', async ({ without }) => {
  const scenario = await loadBare<Scenario>('scenario.ts', { without })
  expect(scenario.globalsOfNode()).toEqual([])

  const topic = await scenario.topic()
  expect(topic.start.map((frame) => frame.split(' ')[0])).toEqual(['$open', '$snapshot'])
  expect(topic.live).toEqual(['typing "a"', 'typing "ä€😀"', 'typing "c"'])
  expect(topic.written).toBe(1)
  expect(topic.resumed.slice(1)).toEqual(['typing "c"', 'typing "d"', 'typing "e"'])

  const { answer, ticks } = await scenario.sharedConnection()
  expect(answer).toMatch(/^200 .*"accepted"/)
  expect(ticks).toEqual(['tick 1', 'tick 2', 'tick 3'])

  const command = await scenario.command()
  const sent = '200 {"text":"hi","sentAt":"1970-01-01T00:00:00.000Z"}'
  expect(command).toEqual({ responses: [sent, sent, expect.stringMatching(/^409 /)], sends: 1 })

  expect((await scenario.stream()).slice(-4)).toEqual([
    'number 1',
    'number 2',
    'number 3',
    '$output {"total":3}',
  ])
  expect(await scenario.bus()).toEqual({
    ticks: ['tick 1', 'tick 2', 'tick 3'],
    revoked: { connections: 1, nodes: 2 },
    reader: true,
  })
  expect(await scenario.close()).toEqual({ isEnded: true, after: expect.stringMatching(/^503 /) })
})

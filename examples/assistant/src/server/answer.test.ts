import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import { answer } from './answer'
import type { Search } from './documentation'
import type { Model, Part, ToolCall, Turn } from './model'

const { signal } = new AbortController()
const passages = [{ path: 'a.md', heading: 'A', text: 'a' }]
const search: Search = async function* () {
  yield { done: 1, total: 1 }
  return passages
}

/** A model with prepared replies, and what it was asked. */
function scripted(...replies: Part[][]) {
  const asked: Turn[][] = []
  const model: Model = {
    name: 'scripted',
    async *reply(turns) {
      asked.push([...turns])
      yield* replies[asked.length - 1] ?? replies.at(-1) ?? []
    },
  }
  return { model, asked }
}

const call = (changes: Partial<ToolCall> = {}): Part => ({
  type: 'call',
  call: { id: 'c1', name: 'search', arguments: '{"query":"runs"}', ...changes },
})
const token = (text: string): Part => ({ type: 'token', text })

describe('an answer', () => {
  it('contains the question, the text, and each call with its progress and result', async () => {
    const { model, asked } = scripted([token('I search.'), call()], [token('It '), token('is.')])
    const answering = answer('Why?', { model, search, signal })
    const events = []
    let step = await answering.next()
    for (; !step.done; step = await answering.next()) events.push(step.value)
    expect(events).toEqual([
      { type: 'question', data: { text: 'Why?', model: 'scripted' } },
      { type: 'token', data: 'I search.' },
      { type: 'tool', data: { state: 'call', id: 'c1', name: 'search', query: 'runs' } },
      { type: 'progress', data: { label: 'Reading the documentation', done: 1, total: 1 } },
      { type: 'tool', data: { state: 'result', id: 'c1', passages } },
      { type: 'token', data: 'It ' },
      { type: 'token', data: 'is.' },
    ])
    expect(step.value).toEqual({ tokens: 3, tools: 1 })
    expect(asked[1]).toEqual([
      { role: 'user', text: 'Why?' },
      {
        role: 'assistant',
        text: 'I search.',
        calls: [call()].map((part) => part.type === 'call' && part.call),
      },
      { role: 'tool', callId: 'c1', result: JSON.stringify(passages) },
    ])
  })

  it.each([{ name: 'erase' }, { arguments: '{"query":' }, { arguments: '{}' }])(
    'tells the model that a call does not fit: %j',
    async (changes) => {
      const { model, asked } = scripted([call(changes)], [token('Then not.')])
      const events = await collect(answer('Why?', { model, search, signal }))
      expect(events.map(({ type }) => type)).toEqual(['question', 'token'])
      expect(asked[1]?.at(-1)).toMatchObject({
        role: 'tool',
        callId: 'c1',
        result: expect.stringContaining('no such tool'),
      })
    },
  )

  it('fails if the model asks for tools without end', async () => {
    const { model, asked } = scripted([call()])
    const answered = collect(answer('Why?', { model, search, signal }))
    await expect(answered).rejects.toMatchObject({ failure: 'too_many_tools' })
    expect(asked).toHaveLength(6)
  })
})

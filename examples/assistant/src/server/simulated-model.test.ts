import { describe, expect, it } from 'vitest'
import { collect } from '../../test/collect.js'
import type { Passage } from '../contract'
import type { Part, Turn } from './model'
import { simulatedModel, tokensOf } from './simulated-model'

const found: Passage[] = [
  { path: 'README.md', heading: 'Runs', text: 'A run has a log.' },
  { path: 'docs/a.md', heading: 'Ends', text: 'A log may end.' },
]
const signal = new AbortController().signal

/** The reply to a question, before the search and after it. */
async function replies(question: string, passages = found) {
  const model = simulatedModel(0)
  const turns: Turn[] = [{ role: 'user', text: question }]
  const before = await collect(model.reply(turns, signal))
  const after = await collect(
    model.reply([...turns, { role: 'tool', callId: 'call-1', result: JSON.stringify(passages) }], signal),
  )
  return { before, after, text: textOf(after) }
}

const textOf = (parts: readonly Part[]) =>
  parts.map((part) => (part.type === 'token' ? part.text : '')).join('')

describe('the simulated model', () => {
  it('calls the search with the question, and then quotes what was found', async () => {
    const { before, text } = await replies('What is a run?')
    expect(before.at(-1)).toEqual({
      type: 'call',
      call: { id: 'call-1', name: 'search', arguments: '{"query":"What is a run?"}' },
    })
    expect(textOf(before)).toMatch(/documentation/)
    expect(text).toMatch(
      /^README\.md says, under “Runs”: “A run has a log\.”\n\ndocs\/a\.md says, under “Ends”/,
    )
    expect((await replies('What is a run?', [])).text).toMatch(/^The documentation has nothing about that\./)
  })

  it('writes the same text for the same question', async () => {
    expect(await replies('What is a run?')).toEqual(await replies('What is a run?'))
    const texts = await Promise.all(['a', 'b', 'c', 'd'].map(async (each) => (await replies(each)).text))
    expect(new Set(texts).size).toBeGreaterThan(1)
  })

  it('breaks off when the question asks for it', async () => {
    await expect(replies('Please fail')).rejects.toMatchObject({ failure: 'broken_off' })
  })

  it('stops when it is aborted', async () => {
    const stopped = simulatedModel(0).reply([{ role: 'user', text: 'Why?' }], AbortSignal.abort())
    await expect(collect(stopped)).rejects.toMatchObject({ name: 'AbortError' })
  })

  it.each(['', ' ', 'one', ' incomprehensibilities \n\n“zwölf”', '👩‍👩‍👧'.repeat(9)])(
    'cuts %j without a loss',
    (text) => {
      const tokens = tokensOf(text)
      expect(tokens.join('')).toBe(text)
      for (const token of tokens) expect(token.trim().length).toBeLessThanOrEqual(14)
    },
  )
})

import { setTimeout as pause } from 'node:timers/promises'
import { Passage } from '../contract'
import { type Model, ModelError, type Part, type Turn } from './model'

const openings = [
  'Good question. I look it up in the documentation first.',
  'Let me see what the documentation says about that.',
  'I would rather read than guess, so I search the documentation.',
]

const suggestions = [
  'Reload this page while I write: it shows everything so far, and continues.',
  'Close the tab and open the address again: I write on while nobody reads.',
  'Open the address in a second tab, or in a phone-sized window: all show the same text, letter for letter.',
  'Open the address on another device that reaches this server: it needs nothing else.',
  'Press Stop in one of them: I stop in all of them.',
]

const closings = [
  'The page keeps nothing of this but the id in its address.',
  'And all that your browser has stored of this is an id.',
]

/**
 * Returns a model that quotes what its search finds. Its text depends on the question and on what was found, and on nothing
 * else. A question with the word “fail” breaks it off.
 *
 * @param tokenMs milliseconds it takes for a token, on average
 */
export function simulatedModel(tokenMs: number): Model {
  return {
    name: 'simulated model',
    async *reply(turns, signal) {
      const question = turns.find((turn) => turn.role === 'user')?.text ?? ''
      const random = randomOf(question)
      const pick = (from: readonly string[]) => from[Math.floor(random() * from.length)] ?? ''
      async function* write(text: string): AsyncGenerator<Part> {
        for (const token of tokensOf(text)) {
          const isEnd = /[.:?]$/.test(token)
          await pause(tokenMs * (0.5 + random()) * (isEnd ? 4 : 1), undefined, { signal })
          yield { type: 'token', text: token }
        }
      }

      const results = turns.filter((turn) => turn.role === 'tool')
      const opening = pick(openings)
      if (results.length === 0) {
        yield* write(opening)
        if (/\bfail\b/i.test(question))
          throw new ModelError('broken_off', 'The question asked the model to fail')
        yield {
          type: 'call',
          call: { id: 'call-1', name: 'search', arguments: JSON.stringify({ query: question }) },
        }
        return
      }
      yield* write(quotes(results))
      const shuffled = suggestions
        .map((text) => ({ text, place: random() }))
        .sort((one, other) => one.place - other.place)
      yield* write(
        `\n\nI am a simulated model: I search for words and quote what I find. How this text reaches you is real. Try it:\n\n`,
      )
      yield* write(shuffled.map(({ text }, at) => `${at + 1}. ${text}`).join('\n'))
      yield* write(`\n\n${pick(closings)}`)
    },
  }
}

/** Cuts a text as a tokenizer might: whole short words and pieces of long ones, each with the space before it. */
export function tokensOf(text: string): string[] {
  return text.match(/\s*\S{1,7}|\s+$/gu) ?? []
}

function quotes(results: readonly Extract<Turn, { role: 'tool' }>[]): string {
  const passages = results.flatMap(({ result }) => Passage.array().parse(JSON.parse(result)))
  if (passages.length === 0) return 'The documentation has nothing about that.'
  return passages
    .slice(0, 2)
    .map(({ path, heading, text }) => `${path} says, under “${heading}”: “${text}”`)
    .join('\n\n')
}

/** Returns a source of numbers from 0 to 1, the same each time for one text: FNV-1a, and a linear congruential generator. */
function randomOf(text: string): () => number {
  let state = 0x811c9dc5
  for (const byte of new TextEncoder().encode(text)) state = Math.imul(state ^ byte, 0x01000193) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

import type { EventsOf, EventUnion, OutputOf } from '@tidings/core'
import type { contract } from '../contract'
import type { Search } from './documentation'
import { type Model, ModelError, type ToolCall, type Turn } from './model'
import { queryOf } from './tools'

type AnswerEvent = EventUnion<EventsOf<typeof contract.answer>>
type AnswerOutput = OutputOf<typeof contract.answer>

interface AnswerDeps {
  readonly model: Model
  readonly search: Search
  readonly signal: AbortSignal
}

/** How many replies of a model may ask for tools. */
const maxRounds = 5

/**
 * Has a model answer a question, and runs the tools that it calls.
 *
 * @throws ModelError
 */
export async function* answer(
  question: string,
  { model, search, signal }: AnswerDeps,
): AsyncGenerator<AnswerEvent, AnswerOutput> {
  yield { type: 'question', data: { text: question, model: model.name } }
  const turns: Turn[] = [{ role: 'user', text: question }]
  let tokens = 0
  let tools = 0
  for (let round = 0; round <= maxRounds; round++) {
    let text = ''
    const calls: ToolCall[] = []
    for await (const part of model.reply(turns, signal)) {
      if (part.type === 'call') {
        calls.push(part.call)
        continue
      }
      tokens++
      text += part.text
      yield { type: 'token', data: part.text }
    }
    if (calls.length === 0) return { tokens, tools }
    turns.push({ role: 'assistant', text, calls })
    for (const call of calls) {
      tools++
      turns.push({ role: 'tool', callId: call.id, result: yield* use(call, search, signal) })
    }
  }
  throw new ModelError('too_many_tools', `${model.name} asked for tools in each of ${maxRounds + 1} replies`)
}

/** Runs a tool, and returns its result as the model reads it. */
async function* use(
  call: ToolCall,
  search: Search,
  signal: AbortSignal,
): AsyncGenerator<AnswerEvent, string> {
  const query = queryOf(call)
  if (query === undefined) return 'There is no such tool, or its arguments do not fit.'
  const { id } = call
  yield { type: 'tool', data: { state: 'call', id, name: 'search', query } }
  const searching = search(query, signal)
  let step = await searching.next()
  while (!step.done) {
    yield { type: 'progress', data: { label: 'Reading the documentation', ...step.value } }
    step = await searching.next()
  }
  yield { type: 'tool', data: { state: 'result', id, passages: step.value } }
  return JSON.stringify(step.value)
}

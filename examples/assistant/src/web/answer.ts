import type { EventsOf, EventUnion } from '@tidings/core'
import type { contract, Passage } from '../contract'

/** What a page shows of an answer, in the order in which it was written. */
export interface Answer {
  readonly question: string
  readonly model: string
  readonly parts: readonly AnswerPart[]
}

export type AnswerPart =
  | { readonly kind: 'text'; readonly text: string }
  | {
      readonly kind: 'search'
      readonly id: string
      readonly query: string
      readonly progress: { readonly label: string; readonly done: number; readonly total: number } | undefined
      /** What the search has found, once it is over. */
      readonly passages: readonly Passage[] | undefined
    }

export const emptyAnswer: Answer = { question: '', model: '', parts: [] }

/** Adds an event to an answer. Parts that the event does not concern stay the same objects. */
export function fold(answer: Answer, event: EventUnion<EventsOf<typeof contract.answer>>): Answer {
  const { parts } = answer
  const last = parts.at(-1)
  switch (event.type) {
    case 'question':
      return { ...answer, question: event.data.text, model: event.data.model }
    case 'token': {
      if (last?.kind !== 'text') return { ...answer, parts: [...parts, { kind: 'text', text: event.data }] }
      return { ...answer, parts: [...parts.slice(0, -1), { kind: 'text', text: last.text + event.data }] }
    }
    case 'progress': {
      if (last?.kind !== 'search') return answer
      return { ...answer, parts: [...parts.slice(0, -1), { ...last, progress: event.data }] }
    }
    case 'tool': {
      const { data } = event
      if (data.state === 'call') {
        const { id, query } = data
        return {
          ...answer,
          parts: [...parts, { kind: 'search', id, query, progress: undefined, passages: undefined }],
        }
      }
      const withResult = (part: AnswerPart) =>
        part.kind === 'search' && part.id === data.id ? { ...part, passages: data.passages } : part
      return { ...answer, parts: parts.map(withResult) }
    }
  }
}

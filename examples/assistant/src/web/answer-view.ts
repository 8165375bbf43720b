import type { OutputOf } from '@tidings/core'
import type { contract } from '../contract'
import { type AnswerPart, emptyAnswer, fold } from './answer'
import { partList } from './answer-parts'
import type { AnswerRun } from './client'
import { element } from './element'
import { failureText } from './failure-text'

export interface AnswerCallbacks {
  /** Called whenever the answer has changed on the page. */
  onShown(isRunning: boolean): void
  /** Called if the server no longer has the answer. */
  onGone(): void
  onAskAgain(question: string): void
}

/**
 * Shows a run: what its events have been so far, and each further event.
 *
 * @param question what was asked, where the page knows it before the run says it
 */
export function answerView(run: AnswerRun, question: string, callbacks: AnswerCallbacks) {
  const state = run.state(fold, { initial: { ...emptyAnswer, question } })
  const asked = element('p', { class: 'question' })
  const { list, show } = partList()
  const status = element('p', { class: 'status', role: 'status' })
  const again = element(
    'button',
    { class: 'quiet', hidden: true, click: () => callbacks.onAskAgain(state.value.question) },
    'Ask again',
  )
  const answer = element('article', { class: 'answer', 'aria-label': 'Answer' }, list, status, again)

  const render = () => {
    const { value, status: now, output, error } = state
    const isRunning = now === 'running'
    const follows = isRunning && isAtEnd()
    asked.textContent = value.question
    asked.hidden = value.question === ''
    show(value.parts)
    answer.ariaBusy = String(isRunning)
    answer.dataset['status'] = error?.code === 'cancelled' ? 'stopped' : now
    if (error) status.textContent = failureText(error)
    else if (output) status.textContent = summaryOf(output, value.model)
    else status.textContent = activityOf(value.parts.at(-1))
    again.hidden = !error || value.question === ''
    if (follows) scrollTo(0, document.documentElement.scrollHeight)
    callbacks.onShown(isRunning)
    if (error?.code === 'not_found') callbacks.onGone()
  }
  state.on('change', render)
  render()
  return { view: element('section', { class: 'exchange' }, asked, answer), close: () => state.close() }
}

function activityOf(last: AnswerPart | undefined): string {
  if (!last) return 'Thinking'
  return last.kind === 'search' && !last.passages ? 'Searching' : 'Writing'
}

function summaryOf({ tokens, tools }: OutputOf<typeof contract.answer>, model: string): string {
  return [count(tokens, 'token', 'tokens'), count(tools, 'search', 'searches'), model].join(' · ')
}

function count(number: number, singular: string, plural: string): string {
  return `${number} ${number === 1 ? singular : plural}`
}

/** Whether the end of the page is in view, or nearly. */
function isAtEnd(): boolean {
  return innerHeight + scrollY > document.documentElement.scrollHeight - 80
}

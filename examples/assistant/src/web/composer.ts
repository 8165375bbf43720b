import { element } from './element'

export interface ComposerCallbacks {
  onAsk(question: string): void
  onStop(): void
}

/** Asks for a question, and while an answer is being written offers to stop it. */
export function composer({ onAsk, onStop }: ComposerCallbacks) {
  const field = element('textarea', {
    id: 'question',
    rows: '1',
    maxlength: '2000',
    placeholder: 'Ask about Tidings',
  })
  const ask = element('button', { class: 'primary' }, 'Ask')
  const stop = element('button', { type: 'button', class: 'stop', hidden: true, click: onStop }, 'Stop')
  const submit = (event: Event) => {
    event.preventDefault()
    const question = field.value.trim()
    if (question === '' || ask.hidden) return
    field.value = ''
    onAsk(question)
  }
  field.addEventListener('keydown', (event) => {
    // An Enter that ends the composition of a character does not send the question.
    if (event.key === 'Enter' && !event.shiftKey && !event.isComposing) submit(event)
  })
  return {
    form: element(
      'form',
      { class: 'composer', submit },
      element('label', { class: 'visually-hidden', for: 'question' }, 'Question'),
      field,
      ask,
      stop,
    ),
    showRunning(isRunning: boolean): void {
      ask.hidden = isRunning
      stop.hidden = !isRunning
    },
  }
}

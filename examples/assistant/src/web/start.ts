import { element } from './element'

const examples = [
  'How does an answer survive a reload?',
  'What happens when a client reads slowly?',
  'How do I cancel a run?',
]

/** What a page shows before a question. */
export function startView(onAsk: (question: string) => void): HTMLElement {
  return element(
    'section',
    { class: 'start' },
    element('h2', {}, 'Ask about Tidings'),
    element(
      'p',
      { class: 'muted' },
      'Each answer is a run on the server. It goes on while you reload this page, close it, or lose the network, and every ' +
        'window that opens its address shows the same.',
    ),
    element(
      'div',
      { class: 'examples' },
      ...examples.map((question) => element('button', { click: () => onAsk(question) }, question)),
    ),
  )
}

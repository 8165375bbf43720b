import type { Passage } from '../contract'
import type { AnswerPart } from './answer'
import { element } from './element'

/** Shows the parts of an answer, and changes only what differs from the parts before. */
export function partList() {
  const list = element('div', { class: 'parts' })
  const shown: AnswerPart[] = []
  return {
    list,
    show(parts: readonly AnswerPart[]): void {
      for (const [at, part] of parts.entries()) {
        if (shown[at] === part) continue
        shown[at] = part
        const before = list.children[at]
        // A new text node for each token would lose what the visitor has selected.
        if (part.kind === 'text' && before?.firstChild instanceof Text) appendTo(before.firstChild, part.text)
        else if (before) before.replaceWith(partView(part, before))
        else list.append(partView(part))
      }
    },
  }
}

function appendTo(shown: Text, text: string): void {
  shown.appendData(text.slice(shown.length))
}

function partView(part: AnswerPart, before?: Element): HTMLElement {
  if (part.kind === 'text') return element('p', { class: 'text' }, part.text)
  const { query, progress, passages } = part
  const summary = element(
    'summary',
    {},
    element('span', { class: 'tool-name' }, 'Search'),
    element('span', { class: 'tool-query' }, `“${query}”`),
    element(
      'span',
      { class: 'tool-state' },
      passages ? found(passages.length) : (progress?.label ?? 'Starting'),
    ),
  )
  if (!passages) summary.append(progressBar(progress))
  const isOpen = before instanceof HTMLDetailsElement && before.open
  return element(
    'details',
    { class: 'tool', open: isOpen },
    summary,
    element('ul', {}, ...(passages ?? []).map(passageView)),
  )
}

function passageView({ heading, path, text }: Passage): HTMLElement {
  const title = element(
    'p',
    {},
    element('strong', {}, heading),
    ' ',
    element('span', { class: 'muted' }, path),
  )
  return element('li', {}, title, element('p', {}, text))
}

function progressBar(progress: { label: string; done: number; total: number } | undefined): HTMLElement {
  const { label, done, total } = progress ?? { label: 'Search', done: 0, total: 1 }
  return element('progress', { 'aria-label': label, max: String(total), value: String(done) })
}

function found(count: number): string {
  if (count === 0) return 'Nothing found'
  return count === 1 ? '1 passage' : `${count} passages`
}

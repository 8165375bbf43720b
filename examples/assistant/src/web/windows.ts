import { element } from './element'

/** What a visitor may try while an answer is being written. */
export function windowButtons(): HTMLElement {
  const open = (features: string) => () => void window.open(location.href, '', features)
  return element(
    'nav',
    { class: 'windows', 'aria-label': 'Try it' },
    element('button', { class: 'quiet', click: () => location.reload() }, 'Reload'),
    element('button', { class: 'quiet', click: open('') }, 'Second tab'),
    element('button', { class: 'quiet', click: open('popup,width=390,height=780') }, 'Phone-sized window'),
  )
}

import type { ConnectionState } from '@tidings/client'
import { client } from './client'
import { element } from './element'

const texts: Record<ConnectionState['status'], string> = {
  idle: '',
  connecting: 'Connecting',
  waiting: 'Reconnecting',
  open: 'Live',
  closed: 'Closed',
}

/** Shows the state of the connection, which the page has while it reads an answer. */
export function connectionView(): HTMLElement {
  const view = element('span', { class: 'connection', role: 'status', 'aria-label': 'Connection' })
  const show = () => {
    const { status } = client.connection.state
    view.dataset['status'] = status
    view.textContent = texts[status]
  }
  client.connection.on('change', show)
  show()
  return view
}

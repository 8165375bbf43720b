import type { AuditEntry } from '../contract'
import type { TeamClient } from './client'
import { element } from './element'

/** Shows who did what, to admins. */
export function auditView(client: TeamClient) {
  const list = element('ol', { class: 'audit' })
  const view = element(
    'section',
    { hidden: true, 'aria-label': 'Audit log' },
    element('h2', {}, 'Audit log'),
    list,
  )
  const row = ({ at, by, action }: AuditEntry) =>
    element(
      'li',
      {},
      element('time', { class: 'muted' }, at.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })),
      element('span', {}, `${by} ${action}`),
    )
  let leave: (() => void) | undefined
  return {
    view,
    /** Subscribes as an admin, and hides the log from everyone else. */
    show(isAdmin: boolean) {
      leave?.()
      leave = undefined
      list.replaceChildren()
      view.hidden = !isAdmin
      if (!isAdmin) return
      leave = client.admin.audit().subscribe({
        snapshot: ({ entries }) => list.replaceChildren(...entries.map(row).reverse()),
        entry: (entry) => list.prepend(row(entry)),
        error: () => {
          view.hidden = true
        },
      })
    },
  }
}

import type { Incident, Person } from '../contract'
import type { TeamClient } from './client'
import { element, select } from './element'

interface CardDeps {
  readonly client: TeamClient
  readonly me: string
  attempt(command: Promise<unknown>): Promise<void>
}

/**
 * Shows an incident. Members have the button that closes it too, which shows how the server refuses them: what a page
 * hides is no protection.
 */
export function incidentCard(incident: Incident, people: Person[], { client, me, attempt }: CardDeps) {
  const { id, title, severity, reporter, assignee, reportedAt, closedAt } = incident
  const nameOf = (userId: string) => people.find((each) => each.id === userId)?.name ?? userId
  const time = reportedAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })
  const assign = select(
    `Assignee of #${id}`,
    [['', 'Unassigned'], ...people.map((each) => [each.id, each.name] as const)],
    assignee ?? '',
    (userId) => void attempt(client.incidents.assign({ id, assignee: userId || null })),
  )
  const actions = closedAt
    ? [element('span', { class: 'muted' }, 'Closed')]
    : [assign, element('button', { click: () => void attempt(client.admin.closeIncident({ id })) }, `Close`)]
  return element(
    'article',
    {
      class: 'card',
      'data-severity': severity,
      'data-closed': String(closedAt !== null),
      'aria-label': title,
    },
    element(
      'div',
      { class: 'card-text' },
      element('h2', {}, title),
      element(
        'p',
        { class: 'muted small' },
        `#${id} · ${severity} · ${reporter === me ? 'you' : nameOf(reporter)}, ${time}`,
      ),
    ),
    element('div', { class: 'card-actions' }, ...actions),
  )
}

import type { TidingsError } from '@tidings/core'
import type { Incident, Person } from '../contract'
import { auditView } from './audit'
import type { TeamClient } from './client'
import { element } from './element'
import { incidentCard } from './incident-card'
import { reportForm } from './report-form'
import { teamView } from './team'

export interface BoardCallbacks {
  onSignOut(): void
  onSessionEnd(): void
}

/** Shows the board of a signed-in user, live. */
export function boardView(client: TeamClient, me: string, { onSignOut, onSessionEnd }: BoardCallbacks) {
  const board = client.incidents.board().state((state, event) => {
    if (event.type === 'person') {
      return { ...state, people: state.people.map((each) => (each.id === event.data.id ? event.data : each)) }
    }
    const others = state.incidents.filter(({ id }) => id !== event.data.id)
    return { ...state, incidents: [...others, event.data] }
  })

  const problem = element('p', { role: 'alert', class: 'problem', hidden: true })
  /** Awaits a command, and shows why it was refused. */
  const attempt = async (command: Promise<unknown>) => {
    try {
      await command
      problem.hidden = true
    } catch (error) {
      problem.textContent = textOf(error as TidingsError)
      problem.hidden = false
      if ((error as TidingsError).code === 'unauthorized') onSessionEnd()
    }
  }

  const status = element('span', { class: 'connection', role: 'status' })
  const showStatus = () => {
    const { status: now } = client.connection.state
    status.dataset['status'] = now
    status.textContent = now === 'open' ? 'Live' : 'Connecting'
  }
  client.connection.on('change', showStatus)
  showStatus()

  const who = element('span', { class: 'who' })
  const list = element('section', { class: 'cards', 'aria-label': 'Incidents' })
  const team = element('div')
  const quiet = element('p', { class: 'muted' }, 'All quiet.')
  const audit = auditView(client)
  const cards = new Map<Incident, HTMLElement>()
  let shownPeople: Person[] | undefined
  let isAdmin: boolean | undefined

  const render = () => {
    const { incidents, people } = board.value ?? { incidents: [], people: [] }
    const self = people.find(({ id }) => id === me)
    who.replaceChildren(self?.name ?? me, element('span', { class: 'badge' }, self?.role ?? ''))
    const ordered = incidents.toSorted(
      (one, other) => Number(one.closedAt !== null) - Number(other.closedAt !== null) || other.id - one.id,
    )
    if (people !== shownPeople) {
      shownPeople = people
      cards.clear()
      list.replaceChildren()
      team.replaceChildren(teamView(people, self, { client, attempt }))
    }
    const newCard = (incident: Incident) => incidentCard(incident, people, { client, me, attempt })
    place(
      list,
      ordered.map((incident) => cards.get(incident) ?? remember(cards, incident, newCard(incident))),
    )
    quiet.hidden = ordered.length > 0
    if (isAdmin !== (self?.role === 'admin')) {
      isAdmin = self?.role === 'admin'
      audit.show(isAdmin)
    }
  }
  board.on('change', render)
  board.on('error', ({ code }) => {
    if (code === 'unauthorized') onSessionEnd()
  })

  return element(
    'div',
    { class: 'app' },
    element(
      'header',
      {},
      element('h1', {}, 'Incidents'),
      status,
      who,
      element('button', { class: 'quiet', click: onSignOut }, 'Sign out'),
    ),
    element('main', {}, problem, reportForm(client, attempt), list, quiet),
    element('aside', {}, team, audit.view),
  )
}

function remember(cards: Map<Incident, HTMLElement>, incident: Incident, card: HTMLElement): HTMLElement {
  cards.set(incident, card)
  return card
}

/** Makes `children` the children of a list. Those that stay where they are keep the focus and an open menu. */
function place(list: HTMLElement, children: HTMLElement[]): void {
  for (const child of [...list.children]) if (!children.includes(child as HTMLElement)) child.remove()
  for (const [at, child] of children.entries()) {
    if (list.children[at] !== child) list.insertBefore(child, list.children[at] ?? null)
  }
}

/** Explains to a user why a command was refused. */
function textOf({ code, message, retryAfterMs }: TidingsError): string {
  if (code === 'too_many_requests') {
    return `That was a lot at once. Try again in ${Math.ceil((retryAfterMs ?? 1_000) / 1_000)} s.`
  }
  if (code === 'forbidden') return 'Only an admin may do that.'
  if (code === 'last_admin') return 'A team needs an admin. Make someone else an admin first.'
  if (code === 'already_closed') return 'That incident has been closed.'
  if (code === 'network') return 'The server could not be reached. Try again.'
  return message
}

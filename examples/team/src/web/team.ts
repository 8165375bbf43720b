import { type Person, roles } from '../contract'
import type { TeamClient } from './client'
import { element, select } from './element'

interface TeamDeps {
  readonly client: TeamClient
  attempt(command: Promise<unknown>): Promise<void>
}

/** Shows the people of the team. An admin may change their roles, and sign them out everywhere. */
export function teamView(people: Person[], self: Person | undefined, { client, attempt }: TeamDeps) {
  const rows = people.map(({ id, name, role }) => {
    const controls =
      self?.role === 'admin'
        ? [
            select(
              `Role of ${name}`,
              roles.map((each) => [each, each] as const),
              role,
              (chosen) => void attempt(client.admin.setRole({ userId: id, role: chosen as Person['role'] })),
            ),
            element(
              'button',
              {
                class: 'quiet',
                title: `Sign ${name} out everywhere`,
                click: () => void attempt(client.admin.endSessions({ userId: id })),
              },
              'End sessions',
            ),
          ]
        : [element('span', { class: 'badge' }, role)]
    return element('li', {}, element('span', { class: 'name' }, name), ...controls)
  })
  return element('section', {}, element('h2', {}, 'Team'), element('ul', { class: 'team' }, ...rows))
}

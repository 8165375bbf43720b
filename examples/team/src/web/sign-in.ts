import { element } from './element'
import { type SignedIn, signIn } from './session'

const people = [
  { id: 'ada', name: 'Ada Lovelace', role: 'Admin' },
  { id: 'grace', name: 'Grace Hopper', role: 'Member' },
  { id: 'alan', name: 'Alan Turing', role: 'Member' },
]

/** Shows the form, with a message if there is one, until a user has signed in. */
export function signInView(message: string, onSignedIn: (session: SignedIn) => void): HTMLElement {
  const problem = element('p', { role: 'alert', class: 'problem', hidden: message === '' }, message)
  const password = element('input', {
    id: 'password',
    type: 'password',
    value: 'tidings',
    autocomplete: 'current-password',
    required: true,
  })
  const submit = async (event: Event) => {
    event.preventDefault()
    const { value } = form.querySelector<HTMLInputElement>('input[name=user]:checked') ?? { value: '' }
    try {
      onSignedIn(await signIn(value, password.value))
    } catch (error) {
      problem.textContent = error instanceof Error ? error.message : String(error)
      problem.hidden = false
    }
  }
  const form = element(
    'form',
    { class: 'sign-in', submit },
    element('h1', {}, 'Incidents'),
    element('p', { class: 'muted' }, 'Sign in to see the board of your team.'),
    problem,
    element(
      'fieldset',
      {},
      element('legend', {}, 'Who are you?'),
      ...people.map(({ id, name, role }, at) =>
        element(
          'label',
          { class: 'choice' },
          element('input', { type: 'radio', name: 'user', value: id, checked: at === 0 }),
          element('span', {}, name),
          element('span', { class: 'muted' }, role),
        ),
      ),
    ),
    element('label', { for: 'password' }, 'Password'),
    password,
    element('p', { class: 'muted small' }, 'In this example, it is “tidings” for all three.'),
    element('button', { class: 'primary' }, 'Sign in'),
  )
  return element('main', { class: 'centre' }, form)
}

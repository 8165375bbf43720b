import { type Incident, severities } from '../contract'
import type { TeamClient } from './client'
import { element, select } from './element'

/** The form that reports an incident. */
export function reportForm(client: TeamClient, attempt: (command: Promise<unknown>) => Promise<void>) {
  const title = element('input', {
    'aria-label': 'What is wrong?',
    placeholder: 'What is wrong?',
    maxlength: '120',
    required: true,
    autocomplete: 'off',
  })
  const severity = select(
    'Severity',
    severities.map((each) => [each, each] as const),
    'high',
  )
  const submit = (event: Event) => {
    event.preventDefault()
    if (title.value.trim() === '') return
    const incident = { title: title.value, severity: severity.value as Incident['severity'] }
    void attempt(client.incidents.report(incident).then(() => form.reset()))
  }
  const form = element(
    'form',
    { class: 'report', submit },
    title,
    severity,
    element('button', { class: 'primary' }, 'Report'),
  )
  return form
}

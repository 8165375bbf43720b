import { JsonView } from '../live/json-view.js'

/** Shows a value of a call. */
export function Payload({ value, label }: { readonly value: unknown; readonly label: string }) {
  return (
    <section className="payload" aria-label={label}>
      <JsonView text={JSON.stringify(value, null, 2)} />
    </section>
  )
}

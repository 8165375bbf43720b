import type { PayloadDocument, PayloadDocuments, ProcedureDocument } from '@tidings/core/describe'
import { schemaOf } from '../schema/json-schema.js'
import { Entry, SchemaView } from '../schema/schema-view.js'
import { Prose } from '../text/prose.js'

/** The schemas of a procedure, for reading. */
export function Reference({ procedure }: { readonly procedure: ProcedureDocument }) {
  return (
    <aside className="reference" aria-label="Schemas">
      {procedure.kind === 'channel' ? (
        <>
          <Params params={procedure.params} />
          <Payload title="Snapshot" payload={procedure.snapshot} absent="It has no snapshot." />
          <Payloads title="Events" payloads={procedure.events} />
        </>
      ) : (
        <>
          <Payload title="Input" payload={procedure.input} absent="It takes no input." />
          {procedure.kind === 'stream' && <Payloads title="Events" payloads={procedure.events} />}
          <Payload title="Output" payload={procedure.output} absent="It returns nothing." />
          <Payloads title="Errors" payloads={procedure.errors} />
        </>
      )}
    </aside>
  )
}

function Params({ params }: { readonly params: Readonly<Record<string, PayloadDocument>> }) {
  const entries = Object.entries(params)
  return (
    <section>
      <h2>Params</h2>
      {entries.length === 0 && <p className="quiet-text">It takes none.</p>}
      {entries.map(([name, { wire, optional }]) => {
        const root = schemaOf(wire)
        return (
          <Entry
            key={name}
            name={name}
            schema={root}
            root={root}
            isRequired={optional !== true && !('default' in root)}
            depth={0}
          />
        )
      })}
    </section>
  )
}

function Payload({
  title,
  payload,
  absent,
}: {
  readonly title: string
  readonly payload: PayloadDocument | undefined
  readonly absent: string
}) {
  return (
    <section>
      <h2>{title}</h2>
      {payload ? <Described payload={payload} /> : <p className="quiet-text">{absent}</p>}
    </section>
  )
}

function Payloads({ title, payloads }: { readonly title: string; readonly payloads: PayloadDocuments }) {
  const entries = Object.entries(payloads)
  if (entries.length === 0) return null
  return (
    <section>
      <h2>{title}</h2>
      {entries.map(([name, payload]) => (
        <div key={name} className="reference-payload">
          <h3>
            <code>{name}</code>
          </h3>
          {payload ? <Described payload={payload} /> : <p className="quiet-text">without data</p>}
        </div>
      ))}
    </section>
  )
}

/** A payload with its own texts, which stand above its properties. */
function Described({ payload: { wire } }: { readonly payload: PayloadDocument }) {
  const { description, deprecated, properties } = schemaOf(wire)
  return (
    <>
      {properties && deprecated === true && <span className="tag tag-warning">deprecated</span>}
      {properties && description !== undefined && <Prose text={description} />}
      <SchemaView wire={wire} />
    </>
  )
}

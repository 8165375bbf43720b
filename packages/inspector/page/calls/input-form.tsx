import type { CommandDocument, StreamDocument } from '@tidings/core/describe'
import type { ReactNode } from 'react'
import type * as z from 'zod'
import { Copy } from '../copy/copy.js'
import { initialValue } from '../form/initial-value.js'
import { SchemaForm } from '../form/schema-form.js'
import { type FormState, useForm } from '../form/use-form.js'
import { schemaOf } from '../schema/json-schema.js'
import { useSession } from '../session.js'
import { memberOf } from '../untyped-client.js'

type Call = CommandDocument | StreamDocument

/** Returns the form of a call's input, which the derived contract checks. */
export function useInputForm(path: string, { input }: Call): FormState {
  const { contract } = useSession()
  const { input: schema } = (memberOf(contract, path) ?? {}) as { readonly input?: z.ZodType }
  return useForm(schema, () => {
    if (!input) return undefined
    const root = schemaOf(input.wire)
    return initialValue(root, root)
  })
}

/** The form of a call's input, with the buttons that call it. */
export function InputForm({
  form,
  path,
  procedure,
  children,
  onSubmit,
}: {
  readonly form: FormState
  readonly path: string
  readonly procedure: Call
  readonly children: ReactNode
  onSubmit(): void
}) {
  const copy = <Copy path={path} procedure={procedure} value={form.isValid ? form.value : undefined} />
  if (!procedure.input) {
    return (
      <section className="form" aria-label="Input">
        <p className="quiet-text">It takes no input.</p>
        <form
          className="form-actions"
          onSubmit={(event) => {
            event.preventDefault()
            onSubmit()
          }}
        >
          {children}
          {copy}
        </form>
      </section>
    )
  }
  return (
    <SchemaForm form={form} label="Input" schema={schemaOf(procedure.input.wire)} onSubmit={onSubmit}>
      {children}
      {copy}
    </SchemaForm>
  )
}

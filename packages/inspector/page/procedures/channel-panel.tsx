import type { ChannelDocument } from '@tidings/core/describe'
import { useMemo, useRef } from 'react'
import * as z from 'zod'
import { Copy } from '../copy/copy.js'
import { initialValue } from '../form/initial-value.js'
import { type FormPart, SchemaForm } from '../form/schema-form.js'
import { useForm } from '../form/use-form.js'
import { Live } from '../live/live.js'
import { schemaOf } from '../schema/json-schema.js'
import { useSession } from '../session.js'
import { memberOf } from '../untyped-client.js'

/** Chooses a topic of a channel by its params, and watches it. */
export function ChannelPanel({
  path,
  procedure,
}: {
  readonly path: string
  readonly procedure: ChannelDocument
}) {
  const { contract } = useSession()
  const schema = useMemo(() => {
    const { params } = memberOf(contract, path) as { readonly params: Record<string, z.ZodType> }
    return z.object(params)
  }, [contract, path])
  const parts = useMemo(
    () =>
      Object.entries(procedure.params).map(
        ([name, { wire, optional }]): FormPart => ({
          name,
          schema: schemaOf(wire),
          isRequired: optional !== true && !('default' in wire),
        }),
      ),
    [procedure],
  )
  const form = useForm(schema, () =>
    Object.fromEntries(
      parts
        .filter(({ isRequired }) => isRequired)
        .map(({ name, schema: part }) => [name, initialValue(part, part)])
        .filter(([, value]) => value !== undefined),
    ),
  )
  const params = form.isValid ? (form.value as Record<string, unknown>) : undefined
  const actions = useRef<HTMLDivElement>(null)
  const subscribe = () => {
    if (form.isValid) actions.current?.querySelector('button')?.click()
  }
  const uses = (
    <div ref={actions} className="channel-actions">
      <Live path={path} procedure={procedure} params={params} />
      <Copy path={path} procedure={procedure} value={params} />
    </div>
  )
  if (parts.length === 0) {
    return (
      <>
        <p className="quiet-text">It takes no params.</p>
        {uses}
      </>
    )
  }
  return (
    <SchemaForm form={form} label="Params" schema={parts} onSubmit={subscribe}>
      {uses}
    </SchemaForm>
  )
}

import { type ReactNode, useEffect, useId, useRef } from 'react'
import type { Schema } from '../schema/json-schema.js'
import { Field } from './field.js'
import { FormContext } from './field-props.js'
import { ObjectFields } from './object-fields.js'
import type { FormState } from './use-form.js'
import './form.css'

/** One value of a form: a whole input, or one of several params. */
export interface FormPart {
  readonly name: string
  readonly schema: Schema
  readonly isRequired: boolean
}

export interface SchemaFormProps {
  readonly form: FormState
  /** What the form is for: `Input`. */
  readonly label: string
  /** The schema of the whole value, or its members where each has a schema with references of its own. */
  readonly schema: Schema | readonly FormPart[]
  readonly children?: ReactNode
  onSubmit(): void
}

/** A form for a value, as fields or as JSON. Ctrl+Enter submits it, from wherever the focus is. */
export function SchemaForm({ form, label, schema, children, onSubmit }: SchemaFormProps) {
  const id = useId()
  const element = useRef<HTMLFormElement>(null)
  const wasRefused = useRef(false)
  const submit = () => {
    form.revealAll()
    wasRefused.current = !form.isValid
    onSubmit()
  }
  useEffect(() => {
    if (!wasRefused.current) return
    wasRefused.current = false
    element.current
      ?.querySelector<HTMLElement>('[aria-invalid="true"], [data-invalid="true"] button')
      ?.focus()
  })
  const whole = form.shownIssues.get('[]') ?? []
  return (
    <form
      ref={element}
      className="form"
      noValidate
      aria-label={label}
      onSubmit={(event) => {
        event.preventDefault()
        submit()
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey)) return
        event.preventDefault()
        submit()
      }}
    >
      <div className="form-head">
        <h2>{label}</h2>
        <fieldset className="segments">
          <legend className="hidden">How to write it</legend>
          {(['form', 'json'] as const).map((mode) => (
            <button
              key={mode}
              type="button"
              aria-pressed={form.mode === mode}
              disabled={mode === 'form' && form.mode === 'json' && form.textMistake !== undefined}
              onClick={() => form.setMode(mode)}
            >
              {mode === 'form' ? 'Form' : 'JSON'}
            </button>
          ))}
        </fieldset>
      </div>
      {form.mode === 'form' ? (
        <FormContext value={{ issues: form.shownIssues, touch: form.touch }}>
          <FormFields form={form} label={label} schema={schema} />
        </FormContext>
      ) : (
        <JsonText id={id} label={label} form={form} />
      )}
      {form.mode === 'form' && isList(schema) && whole.length > 0 && (
        <p className="field-issue" role="alert">
          {whole.join('. ')}
        </p>
      )}
      <div className="form-actions">{children}</div>
    </form>
  )
}

function FormFields({ form, label, schema }: Pick<SchemaFormProps, 'form' | 'label' | 'schema'>) {
  const { value, setValue } = form
  if (!isList(schema)) {
    if (schema.type === 'object' && schema.properties) {
      return (
        <ObjectFields
          schema={schema}
          root={schema}
          path={[]}
          value={value}
          onChange={setValue}
          Field={Field}
        />
      )
    }
    return (
      <Field
        label={label.toLowerCase()}
        schema={schema}
        root={schema}
        path={[]}
        value={value}
        isRequired
        onChange={setValue}
      />
    )
  }
  const given = (value ?? {}) as Record<string, unknown>
  return (
    <div className="fields">
      {schema.map(({ name, schema: part, isRequired }) => (
        <Field
          key={name}
          label={name}
          schema={part}
          root={part}
          path={[name]}
          value={given[name]}
          isRequired={isRequired}
          onChange={(next) => {
            const { [name]: _before, ...others } = given
            setValue(next === undefined ? others : { ...given, [name]: next })
          }}
        />
      ))}
    </div>
  )
}

function JsonText({
  id,
  label,
  form,
}: {
  readonly id: string
  readonly label: string
  readonly form: FormState
}) {
  const shown = [...form.shownIssues].flatMap(([key, messages]) => {
    const at = (JSON.parse(key) as (string | number)[]).join('.')
    return messages.map((message) => (at === '' ? message : `${at}: ${message}`))
  })
  const mistakes = form.textMistake === undefined ? shown : [form.textMistake]
  return (
    <>
      <textarea
        className="json-input form-json"
        aria-label={`${label} as JSON`}
        aria-describedby={id}
        aria-invalid={mistakes.length > 0 || undefined}
        rows={8}
        spellCheck={false}
        value={form.text}
        onChange={({ target }) => form.setText(target.value)}
      />
      <div id={id} className="field-about">
        {mistakes.map((mistake) => (
          <p key={mistake} className="field-issue">
            {mistake}
          </p>
        ))}
      </div>
    </>
  )
}

function isList(schema: Schema | readonly FormPart[]): schema is readonly FormPart[] {
  return Array.isArray(schema)
}

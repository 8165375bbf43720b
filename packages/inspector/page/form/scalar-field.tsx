import { useState } from 'react'
import { shapeOf } from '../schema/json-schema.js'
import type { ControlProps } from './field-props.js'

/** Texts that may be longer are written in a field of several lines. */
const longTextLength = 120

/** The control of a text, number, boolean, enumeration or constant. */
export function ScalarField(props: ControlProps) {
  const { schema, root, id, describedBy, isInvalid, onBlur, isRequired, value, onChange } = props
  const shape = shapeOf(schema, root)
  const common = {
    id,
    onBlur,
    'aria-describedby': describedBy,
    'aria-invalid': isInvalid || undefined,
    'aria-required': isRequired || undefined,
  }
  switch (shape.kind) {
    case 'const':
      return <ChoiceField {...props} values={[shape.value]} common={common} />
    case 'enum':
      return <ChoiceField {...props} values={shape.values} common={common} />
    case 'boolean':
      if (!isRequired) return <ChoiceField {...props} values={[true, false]} common={common} />
      return (
        <input
          {...common}
          type="checkbox"
          checked={value === true}
          onChange={({ target }) => onChange(target.checked)}
        />
      )
    case 'number':
      return <NumberField {...props} common={common} />
    case 'null':
      return (
        <output {...common} className="field-fixed">
          null
        </output>
      )
    default:
      return <TextField {...props} common={common} />
  }
}

interface CommonProps {
  readonly id: string
  onBlur(): void
  readonly 'aria-describedby': string
  readonly 'aria-invalid': true | undefined
  readonly 'aria-required': true | undefined
}

type Props = ControlProps & { readonly common: CommonProps }

function TextField({ schema, value, isRequired, onChange, common }: Props) {
  const text =
    value === undefined || value === null ? '' : typeof value === 'string' ? value : JSON.stringify(value)
  const { format, pattern, maxLength, examples, default: byDefault } = schema
  const change = (next: string) => onChange(next === '' && !isRequired ? undefined : next)
  const placeholder = placeholderOf(byDefault ?? examples?.[0], format)
  const isOneLine = format !== undefined || pattern !== undefined || (maxLength ?? Infinity) <= longTextLength
  if (!isOneLine) {
    return (
      <textarea
        {...common}
        rows={1}
        spellCheck={false}
        value={text}
        placeholder={placeholder}
        onChange={({ target }) => change(target.value)}
      />
    )
  }
  return (
    <div className="field-with-button">
      <input
        {...common}
        type={format === 'date' ? 'date' : 'text'}
        inputMode={format === 'email' ? 'email' : format === 'uri' ? 'url' : 'text'}
        autoComplete="off"
        spellCheck={false}
        value={text}
        placeholder={placeholder}
        onChange={({ target }) => change(target.value)}
      />
      {format === 'date-time' && (
        <button type="button" className="small" onClick={() => onChange(new Date().toISOString())}>
          Now
        </button>
      )}
    </div>
  )
}

function placeholderOf(example: unknown, format: string | undefined): string | undefined {
  if (example !== undefined) return typeof example === 'string' ? example : JSON.stringify(example)
  return format === 'date-time' ? '2026-01-31T12:00:00Z' : undefined
}

/** A number. While its text is not one, the value is the text, which the schema refuses. */
function NumberField({ schema, value, onChange, common }: Props) {
  const shown = value === undefined || value === null ? '' : typeof value === 'string' ? value : String(value)
  const [text, setText] = useState(shown)
  // `1.0` and `1.` are texts of the number 1. The text stays as it was typed.
  const current = text.trim() !== '' && Number(text) === value ? text : shown
  return (
    <input
      {...common}
      type="text"
      inputMode={schema.type === 'integer' ? 'numeric' : 'decimal'}
      autoComplete="off"
      value={current}
      placeholder={placeholderOf(schema.default ?? schema.examples?.[0], undefined)}
      onChange={({ target }) => {
        setText(target.value)
        const trimmed = target.value.trim()
        const number = Number(trimmed)
        onChange(trimmed === '' ? undefined : Number.isFinite(number) ? number : target.value)
      }}
    />
  )
}

function ChoiceField({
  values,
  value,
  isRequired,
  schema,
  onChange,
  common,
}: Props & { readonly values: readonly unknown[] }) {
  const index = values.indexOf(value)
  const left = 'default' in schema ? `default: ${JSON.stringify(schema.default)}` : 'left out'
  return (
    <select
      {...common}
      value={index}
      onChange={({ target }) => onChange(values[Number(target.value)])}
      disabled={isRequired && values.length === 1 && index === 0}
    >
      {(!isRequired || index === -1) && <option value={-1}>{isRequired ? 'Choose…' : left}</option>}
      {values.map((each, place) => (
        <option key={JSON.stringify(each)} value={place}>
          {typeof each === 'string' ? each : JSON.stringify(each)}
        </option>
      ))}
    </select>
  )
}

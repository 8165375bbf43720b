import { useState } from 'react'
import { typeText } from '../schema/describe-type.js'
import { type Property, resolve, type Schema, shapeOf } from '../schema/json-schema.js'
import type { ControlProps } from './field-props.js'
import { initialValue } from './initial-value.js'
import { matchingOption } from './matching-option.js'
import { ObjectFields } from './object-fields.js'

/** A value that may be null. */
export function NullableField(props: ControlProps) {
  const { schema, root, path, value, label, onChange, Field } = props
  const shape = shapeOf(schema, root)
  // What was written before null was chosen, to return to.
  const [before, setBefore] = useState<unknown>(undefined)
  if (shape.kind !== 'nullable') return null
  const isNull = value === null || value === undefined
  return (
    <div className="fields">
      <label className="field-null">
        <input
          type="checkbox"
          checked={isNull}
          onChange={({ target }) => {
            if (target.checked) setBefore(value)
            onChange(target.checked ? null : (before ?? startOf(shape.inner, root)))
          }}
        />
        <code>null</code>
      </label>
      {!isNull && (
        <Field
          label={label}
          schema={shape.inner}
          root={root}
          path={path}
          value={value}
          isRequired
          onChange={(next) => onChange(next === undefined ? '' : next)}
        />
      )}
    </div>
  )
}

/** Returns a value that is not null, for a field of its own to show. */
function startOf(schema: Schema, root: Schema): unknown {
  return initialValue(schema, root) ?? ''
}

/** A value with alternatives, one of which is chosen. */
export function UnionField(props: ControlProps) {
  const { schema, root, path, value, label, onChange, Field } = props
  const shape = shapeOf(schema, root)
  const options = shape.kind === 'union' ? shape.options : []
  const [chosen, setChosen] = useState(() => Math.max(0, matchingOption(options, value, root)))
  const [texts, setTexts] = useState<ReadonlyMap<number, unknown>>(new Map())
  // The value decides, where it says more than the choice: it may have been written as JSON.
  const matching = matchingOption(options, value, root)
  const index =
    matching === -1 || matchingOption([options[chosen] ?? {}], value, root) === 0 ? chosen : matching
  const option = options[index] ?? {}
  const { kind } = shapeOf(option, root)
  const choose = (next: number) => {
    setTexts(new Map([...texts, [index, value]]))
    setChosen(next)
    onChange(texts.get(next) ?? initialValue(options[next] ?? {}, root))
  }
  return (
    <div className="fields">
      <select
        className="field-choice"
        aria-label={`Kind of ${label}`}
        value={index}
        onChange={({ target }) => choose(Number(target.value))}
      >
        {options.map((each, place) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a schema does not change.
          <option key={place} value={place}>
            {optionName(each, root)}
          </option>
        ))}
      </select>
      {kind === 'object' ? (
        <ObjectFields
          schema={option}
          root={root}
          path={path}
          value={value}
          // The choice has set it.
          isHidden={(property) => property.isRequired && shapeOf(property.schema, root).kind === 'const'}
          onChange={onChange}
          Field={Field}
        />
      ) : (
        <Field
          key={index}
          label={label}
          schema={option}
          root={root}
          path={path}
          value={value}
          isRequired
          onChange={onChange}
        />
      )}
    </div>
  )
}

/** Returns the name of an alternative: its title, the constants that tell it apart, or its type. */
function optionName(given: Schema, root: Schema): string {
  const option = resolve(given, root)
  if (option.title !== undefined) return option.title
  const shape = shapeOf(option, root)
  if (shape.kind !== 'object') return typeText(option, root)
  const constants = shape.properties.flatMap(({ schema }: Property) => {
    const inner = shapeOf(schema, root)
    return inner.kind === 'const' ? [String(inner.value)] : []
  })
  if (constants.length > 0) return constants.join(', ')
  return `{ ${shape.properties.map(({ name }: Property) => name).join(', ')} }`
}

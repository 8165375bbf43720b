import { createContext, type ReactNode, useContext, useId } from 'react'
import { constraintsOf, typeText } from '../schema/describe-type.js'
import { type Property, resolve, type Schema, shapeOf } from '../schema/json-schema.js'
import { Prose } from '../text/prose.js'
import { NullableField, UnionField } from './choice-fields.js'
import { initialValue } from './initial-value.js'
import { pathKey } from './issues.js'
import { JsonField } from './json-field.js'
import { ListField, RecordField, TupleField } from './list-fields.js'
import { isObject } from './matching-option.js'
import { ScalarField } from './scalar-field.js'

export type Path = readonly (string | number)[]

/** What fields need of their form. */
export interface FieldContext {
  readonly issues: ReadonlyMap<string, readonly string[]>
  touch(path: Path): void
}

export const FormContext = createContext<FieldContext>({ issues: new Map(), touch: () => {} })

export interface FieldProps {
  readonly label: string
  readonly schema: Schema
  /** The schema that references begin at. */
  readonly root: Schema
  readonly path: Path
  readonly value: unknown
  readonly isRequired: boolean
  /** Called with the new value; with `undefined` for one that is left out. */
  onChange(value: unknown): void
}

/** The control of a field, with what it needs to be labelled and to show its mistakes. */
export interface ControlProps extends FieldProps {
  readonly id: string
  readonly describedBy: string
  readonly isInvalid: boolean
  onBlur(): void
}

const groups = new Set(['object', 'array', 'tuple', 'record', 'union', 'nullable'])

/** One field for one value of a schema, with the fields of its parts. */
export function Field(props: FieldProps) {
  const { schema: given, root, path, value, isRequired, label, onChange } = props
  const schema = resolve(given, root)
  const { issues, touch } = useContext(FormContext)
  const id = useId()
  const messages = issues.get(pathKey(path)) ?? []
  const { kind } = shapeOf(schema, root)
  const describedBy = `${id}-about`
  const controlProps = {
    ...props,
    schema,
    id,
    describedBy,
    isInvalid: messages.length > 0,
    onBlur: () => touch(path),
  }
  const about = (
    <div id={describedBy} className="field-about">
      {schema.description !== undefined && <Prose text={schema.description} />}
      {messages.map((message) => (
        <p key={message} className="field-issue">
          {message}
        </p>
      ))}
    </div>
  )
  if (groups.has(kind)) {
    const isAbsent = value === undefined && !isRequired
    return (
      <fieldset
        className="field-group"
        aria-describedby={describedBy}
        data-absent={isAbsent}
        data-invalid={messages.length > 0}
      >
        <legend>
          <Label label={label} schema={schema} root={root} isRequired={isRequired} />
          {!isRequired && (
            <button
              type="button"
              className="quiet small"
              aria-label={isAbsent ? `Add ${label}` : `Remove ${label}`}
              onClick={() => onChange(isAbsent ? initialValue(schema, root) : undefined)}
            >
              {isAbsent ? 'Add' : 'Remove'}
            </button>
          )}
        </legend>
        {about}
        {!isAbsent && <Group {...controlProps} />}
      </fieldset>
    )
  }
  return (
    <div className="field">
      <label htmlFor={id}>
        <Label label={label} schema={schema} root={root} isRequired={isRequired} />
      </label>
      {kind === 'any' ? <JsonField {...controlProps} /> : <ScalarField {...controlProps} />}
      {about}
    </div>
  )
}

function Label({
  label,
  schema,
  root,
  isRequired,
}: Pick<FieldProps, 'label' | 'schema' | 'root' | 'isRequired'>): ReactNode {
  const type = typeText(schema, root)
  return (
    <>
      <code className="field-name">{label}</code>
      {!isRequired && <span className="field-hint">optional</span>}
      <span className="field-hint field-type">
        {[type.length > 40 ? `${type.slice(0, 39)}…` : type, ...constraintsOf(schema)].join(', ')}
      </span>
      {schema.deprecated === true && <span className="tag tag-warning">deprecated</span>}
    </>
  )
}

/** The fields of a value's parts. */
function Group(props: ControlProps): ReactNode {
  const { kind } = shapeOf(props.schema, props.root)
  switch (kind) {
    case 'object':
      return <ObjectFields {...props} />
    case 'array':
      return <ListField {...props} />
    case 'tuple':
      return <TupleField {...props} />
    case 'record':
      return <RecordField {...props} />
    case 'nullable':
      return <NullableField {...props} />
    default:
      return <UnionField {...props} />
  }
}

/** The fields of an object's properties. Keys that the schema does not name are kept. */
export function ObjectFields({
  schema,
  root,
  path,
  value,
  isHidden = () => false,
  onChange,
}: Pick<FieldProps, 'schema' | 'root' | 'path' | 'value' | 'onChange'> & {
  /** Whether a property has no field, because something else sets it. */
  isHidden?(property: Property): boolean
}) {
  const shape = shapeOf(schema, root)
  if (shape.kind !== 'object') return null
  const given = isObject(value) ? value : {}
  return (
    <div className="fields">
      {shape.properties
        .filter((property) => !isHidden(property))
        .map(({ name, schema: property, isRequired }) => (
          <Field
            key={name}
            label={name}
            schema={property}
            root={root}
            path={[...path, name]}
            value={given[name]}
            isRequired={isRequired}
            onChange={(next) => {
              const { [name]: _before, ...others } = given
              onChange(next === undefined ? others : { ...given, [name]: next })
            }}
          />
        ))}
    </div>
  )
}

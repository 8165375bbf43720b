import { type ReactNode, useContext, useId } from 'react'
import { constraintsOf, typeText } from '../schema/describe-type.js'
import { resolve, shapeOf } from '../schema/json-schema.js'
import { Prose } from '../text/prose.js'
import { NullableField, UnionField } from './choice-fields.js'
import { type ControlProps, type FieldProps, FormContext } from './field-props.js'
import { initialValue } from './initial-value.js'
import { pathKey } from './issues.js'
import { JsonField } from './json-field.js'
import { ListField, RecordField, TupleField } from './list-fields.js'
import { ObjectFields } from './object-fields.js'
import { ScalarField } from './scalar-field.js'

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
    Field,
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

import { type Property, shapeOf } from '../schema/json-schema.js'
import type { ControlProps } from './field-props.js'
import { isObject } from './matching-option.js'

/** The fields of an object's properties. Keys that the schema does not name are kept. */
export function ObjectFields({
  schema,
  root,
  path,
  value,
  isHidden = () => false,
  Field,
  onChange,
}: Pick<ControlProps, 'schema' | 'root' | 'path' | 'value' | 'onChange' | 'Field'> & {
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

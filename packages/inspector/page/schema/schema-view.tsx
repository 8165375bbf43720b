import type { JsonSchema } from '@tidings/core/describe'
import { type ReactNode, useState } from 'react'
import { Prose } from '../text/prose.js'
import { constraintsOf, typeText } from './describe-type.js'
import { type Property, resolve, type Schema, schemaOf, shapeOf } from './json-schema.js'
import './schema.css'

/** Levels of nested objects that are open at first. */
const openLevels = 2

/** Shows a schema for reading: its properties with types, demands and texts. */
export function SchemaView({ wire }: { readonly wire: JsonSchema }) {
  const root = schemaOf(wire)
  const { kind } = shapeOf(root, root)
  if (kind === 'object') return <Parts schema={root} root={root} depth={0} />
  return <Entry schema={root} root={root} depth={0} isRequired />
}

interface EntryProps {
  readonly name?: string
  readonly schema: Schema
  readonly root: Schema
  readonly isRequired: boolean
  readonly depth: number
}

/** One value: its name and type, its texts, and its parts. */
export function Entry({ name, schema: given, root, isRequired, depth }: EntryProps) {
  const schema = resolve(given, root)
  const { description, deprecated, examples, title } = schema
  const constraints = constraintsOf(elementOf(schema, root))
  const isBranch = hasParts(schema, root)
  const isRecursive = given.$ref !== undefined && depth > 0
  return (
    <div className="schema-entry">
      <div className="schema-line">
        {name !== undefined && (
          <code className="schema-name">
            {name}
            {!isRequired && (
              <span className="schema-optional" title="optional">
                ?
              </span>
            )}
          </code>
        )}
        <code className="schema-type">{typeText(schema, root)}</code>
        {constraints.map((text) => (
          <span key={text} className="schema-constraint">
            {text}
          </span>
        ))}
        {'default' in schema && (
          <span className="schema-constraint">
            default <code>{JSON.stringify(schema.default)}</code>
          </span>
        )}
        {deprecated === true && <span className="tag tag-warning">deprecated</span>}
      </div>
      {title !== undefined && <p className="schema-title">{title}</p>}
      {description !== undefined && <Prose text={description} />}
      {examples && examples.length > 0 && (
        <p className="schema-examples">
          {examples.length === 1 ? 'Example' : 'Examples'}{' '}
          {examples.slice(0, 5).map((example, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a schema does not change.
            <code key={index}>{JSON.stringify(example)}</code>
          ))}
        </p>
      )}
      {isBranch && (
        <Fold isOpen={!isRecursive && depth < openLevels} label={`the parts of ${name ?? 'the value'}`}>
          <Parts schema={schema} root={root} depth={depth + 1} />
        </Fold>
      )}
    </div>
  )
}

/** The properties of an object, of the items of a list, or of each alternative. */
function Parts({
  schema,
  root,
  depth,
}: {
  readonly schema: Schema
  readonly root: Schema
  readonly depth: number
}): ReactNode {
  const shape = shapeOf(schema, root)
  switch (shape.kind) {
    case 'object':
      return shape.properties.length === 0 ? (
        <p className="quiet-text">no properties</p>
      ) : (
        shape.properties.map((property: Property) => (
          <Entry key={property.name} {...property} root={root} depth={depth} />
        ))
      )
    case 'array':
      return <Parts schema={shape.items} root={root} depth={depth} />
    case 'record':
      return <Parts schema={shape.values} root={root} depth={depth} />
    case 'nullable':
      return <Parts schema={shape.inner} root={root} depth={depth} />
    case 'tuple':
      return shape.items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a schema does not change.
        <Entry key={index} name={String(index)} schema={item} root={root} isRequired depth={depth} />
      ))
    case 'union':
      return shape.options.map((option, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: a schema does not change.
        <div key={index} className="schema-option">
          <span className="quiet-text">{index === 0 ? 'either' : 'or'}</span>
          <Entry schema={option} root={root} isRequired depth={depth} />
        </div>
      ))
    default:
      return null
  }
}

/** Whether a value has parts that are worth a list of their own. */
function hasParts(schema: Schema, root: Schema, depth = 0): boolean {
  if (depth > 4) return false
  const shape = shapeOf(schema, root)
  switch (shape.kind) {
    case 'object':
      return shape.properties.length > 0
    case 'array':
      return hasParts(shape.items, root, depth + 1)
    case 'record':
      return hasParts(shape.values, root, depth + 1)
    case 'nullable':
      return hasParts(shape.inner, root, depth + 1)
    case 'tuple':
      return shape.items.some((item) => hasParts(item, root, depth + 1))
    case 'union':
      return shape.options.some((option) => hasParts(option, root, depth + 1))
    default:
      return false
  }
}

/** Returns the schema whose demands a line shows: for a value that may be null, those of the value. */
function elementOf(schema: Schema, root: Schema): Schema {
  const shape = shapeOf(schema, root)
  return shape.kind === 'nullable' ? resolve(shape.inner, root) : schema
}

/** Content that is made when it is opened, so that a schema that contains itself ends. */
function Fold({
  isOpen: isOpenAtFirst,
  label,
  children,
}: {
  readonly isOpen: boolean
  readonly label: string
  readonly children: ReactNode
}) {
  const [isOpen, setIsOpen] = useState(isOpenAtFirst)
  return (
    <div className="schema-fold">
      <button
        type="button"
        className="schema-toggle"
        aria-expanded={isOpen}
        aria-label={`${isOpen ? 'Hide' : 'Show'} ${label}`}
        onClick={() => setIsOpen(!isOpen)}
      />
      {isOpen ? <div className="schema-parts">{children}</div> : <span className="quiet-text">…</span>}
    </div>
  )
}

import { shapeOf } from '../schema/json-schema.js'
import type { ControlProps } from './field-props.js'
import { initialValue } from './initial-value.js'
import { isObject } from './matching-option.js'

/** The items of a list, which can be added, moved and removed. */
export function ListField({ schema, root, path, value, label, onChange, Field }: ControlProps) {
  const shape = shapeOf(schema, root)
  if (shape.kind !== 'array') return null
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  const replace = (index: number, ...replacement: unknown[]) =>
    onChange(items.toSpliced(index, 1, ...replacement))
  return (
    <div className="fields">
      {items.map((item, index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: an item of JSON has no identity but its place.
        <div key={index} className="field-item">
          <Field
            label={`${index}`}
            schema={shape.items}
            root={root}
            path={[...path, index]}
            value={item}
            isRequired
            onChange={(next) => replace(index, next ?? null)}
          />
          <span className="field-item-buttons">
            <button
              type="button"
              className="quiet small"
              aria-label={`Move item ${index} of ${label} up`}
              disabled={index === 0}
              onClick={() => onChange(items.with(index, items[index - 1]).with(index - 1, item))}
            >
              ↑
            </button>
            <button
              type="button"
              className="quiet small"
              aria-label={`Remove item ${index} of ${label}`}
              onClick={() => replace(index)}
            >
              ×
            </button>
          </span>
        </div>
      ))}
      <button
        type="button"
        className="small field-add"
        onClick={() => onChange([...items, initialValue(shape.items, root) ?? null])}
      >
        Add an item
      </button>
    </div>
  )
}

/** The items of a list of fixed length. */
export function TupleField({ schema, root, path, value, onChange, Field }: ControlProps) {
  const shape = shapeOf(schema, root)
  if (shape.kind !== 'tuple') return null
  const items: readonly unknown[] = Array.isArray(value) ? value : []
  return (
    <div className="fields">
      {shape.items.map((item, index) => (
        <Field
          // biome-ignore lint/suspicious/noArrayIndexKey: an item of JSON has no identity but its place.
          key={index}
          label={`${index}`}
          schema={item}
          root={root}
          path={[...path, index]}
          value={items[index]}
          isRequired
          onChange={(next) =>
            onChange(shape.items.map((_, place) => (place === index ? next : items[place]) ?? null))
          }
        />
      ))}
    </div>
  )
}

/** The entries of an object with any keys. */
export function RecordField({ schema, root, path, value, label, onChange, Field }: ControlProps) {
  const shape = shapeOf(schema, root)
  if (shape.kind !== 'record') return null
  const entries = Object.entries(isObject(value) ? value : {})
  const replace = (index: number, ...replacement: [string, unknown][]) =>
    onChange(Object.fromEntries(entries.toSpliced(index, 1, ...replacement)))
  return (
    <div className="fields">
      {entries.map(([key, entry], index) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the key is edited.
        <div key={index} className="field-item">
          <div className="field-entry">
            <input
              aria-label={`Key ${index + 1} of ${label}`}
              className="field-key"
              autoComplete="off"
              spellCheck={false}
              value={key}
              onChange={({ target }) => {
                // A key that stands already would replace that entry.
                if (!entries.some(([other], place) => place !== index && other === target.value)) {
                  replace(index, [target.value, entry])
                }
              }}
            />
            <Field
              label={key === '' ? 'value' : key}
              schema={shape.values}
              root={root}
              path={[...path, key]}
              value={entry}
              isRequired
              onChange={(next) => replace(index, [key, next ?? null])}
            />
          </div>
          <span className="field-item-buttons">
            <button
              type="button"
              className="quiet small"
              aria-label={`Remove ${key} of ${label}`}
              onClick={() => replace(index)}
            >
              ×
            </button>
          </span>
        </div>
      ))}
      <button
        type="button"
        className="small field-add"
        onClick={() =>
          onChange({
            ...Object.fromEntries(entries),
            [freeKey(entries)]: initialValue(shape.values, root) ?? null,
          })
        }
      >
        Add a key
      </button>
    </div>
  )
}

function freeKey(entries: readonly (readonly [string, unknown])[]): string {
  const taken = new Set(entries.map(([key]) => key))
  for (let count = 1; ; count += 1) {
    if (!taken.has(`key${count}`)) return `key${count}`
  }
}

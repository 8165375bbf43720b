/** Arrays of a schema whose order says nothing. */
const sets: ReadonlySet<string> = new Set(['required', 'type'])

/** Writes JSON for a file under version control: keys in order, so that a contract that was only reordered is equal. */
export function stableJson(value: unknown): string {
  return `${JSON.stringify(sorted(value), null, 2)}\n`
}

function sorted(value: unknown, key?: string): unknown {
  if (Array.isArray(value)) {
    const items = value.map((item) => sorted(item))
    const isSet = key !== undefined && sets.has(key) && items.every((item) => typeof item === 'string')
    return isSet ? items.sort() : items
  }
  if (typeof value !== 'object' || value === null) return value
  const entries = Object.entries(value).sort(([one], [other]) => (one < other ? -1 : 1))
  return Object.fromEntries(entries.map(([name, inner]) => [name, sorted(inner, name)]))
}

import { bigint, bytes, isoDate, map, set, url } from '@tidings/core'
import fc from 'fast-check'
import * as z from 'zod'

/** A schema, and the values that a program may hold of it. */
export interface Kind {
  readonly schema: z.ZodType
  readonly values: fc.Arbitrary<unknown>
  readonly text: string
}

const kind = (text: string, schema: z.ZodType, values: fc.Arbitrary<unknown>): Kind => ({
  text,
  schema,
  values,
})

/** A schema with a value, which a failure shows by the text of the schema. */
export const withValue = (of: Kind): fc.Arbitrary<{ of: Kind; value: unknown }> =>
  of.values.map((value) => ({ of, value, [fc.toStringMethod]: () => `${of.text}: ${fc.stringify(value)}` }))

const number = fc
  .oneof(fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }))
  .map((value) => value + 0)
export const word = fc.constantFrom(
  '',
  'a',
  'true',
  '7',
  '1234',
  'aGk=',
  '1970-01-01T00:00:00.000Z',
  'a:b',
  '[]',
  'null',
)
const date = fc.date({ noInvalidDate: true })
// zod drops the key __proto__, and JSON has no negative zero.
const json = fc
  .jsonValue({ maxDepth: 2 })
  .map((value) => JSON.parse(JSON.stringify(value)))
  .filter((value) => !JSON.stringify(value).includes('__proto__'))
const address = fc
  .constantFrom('https://example.org/', 'mailto:ada@example.org', 'abcd::1')
  .map((text) => new URL(text))

const celsius = z.codec(z.string(), z.number(), {
  decode: (text) => Number.parseFloat(text),
  encode: (degrees) => `${degrees} °C`,
})
const cents = z.codec(z.number(), z.string().regex(/^-?\d+ ct$/), {
  decode: (n) => `${n} ct`,
  encode: (text) => Number.parseFloat(text),
})
const maybe = z.codec(z.string().nullable(), z.string(), {
  decode: (text) => text ?? '',
  encode: (text) => text || null,
})
const omitted = z.codec(z.string().optional(), z.string(), {
  decode: (text) => text ?? '',
  encode: (text) => text || undefined,
})

const leaves: readonly Kind[] = [
  kind('string', z.string(), word),
  kind('trimmed', z.string().trim(), word),
  kind('number', z.number(), number),
  kind('boolean', z.boolean(), fc.boolean()),
  kind('null', z.null(), fc.constant(null)),
  kind('literal', z.literal(['a', 7, null]), fc.constantFrom('a', 7, null)),
  kind('enum', z.enum({ A: 'a', Seven: 7 }), fc.constantFrom('a', 7)),
  kind('template', z.templateLiteral([z.number(), ':', z.number()]), fc.constantFrom('1:2', '0:0')),
  kind('uuid', z.uuid(), fc.uuid({ version: 4 })),
  kind('email', z.email(), fc.constantFrom('ada@example.org')),
  kind('ipv6', z.ipv6(), fc.constantFrom('::1', 'abcd::1')),
  kind(
    'datetime',
    z.iso.datetime(),
    date.filter((d) => /^\d{4}-/.test(d.toISOString())).map((d) => d.toISOString()),
  ),
  kind('regex', z.string().regex(/^\d+$/), fc.constantFrom('7', '1234')),
  kind('stringbool', z.stringbool(), fc.boolean()),
  kind('coerced number', z.coerce.number(), number),
  kind('coerced string', z.coerce.string(), word),
  kind('coerced boolean', z.coerce.boolean(), fc.boolean()),
  kind('isoDate', isoDate, date),
  kind('bigint', bigint, fc.bigInt()),
  kind('bytes', bytes, fc.uint8Array({ maxLength: 4 })),
  kind('url', url, address),
  kind('celsius', celsius, fc.integer()),
  kind(
    'cents',
    cents,
    fc.integer().map((n) => `${n} ct`),
  ),
  kind('maybe', maybe, word),
  kind('omitted', omitted, word),
  kind('json', z.json(), json),
  kind('empty object', z.object({}), fc.constant({})),
]

const names = ['a', 'b', 'c'] as const

/** Schemas of every kind that holds others, of what is at hand. */
function kindsOver(inner: fc.Arbitrary<Kind>): fc.Arbitrary<Kind> {
  const one = (
    text: string,
    make: (schema: z.ZodType) => z.ZodType,
    values: (of: fc.Arbitrary<unknown>) => fc.Arbitrary<unknown>,
  ) => inner.map((of) => kind(`${text}(${of.text})`, make(of.schema), values(of.values)))
  const same = (values: fc.Arbitrary<unknown>) => values
  const members = membersOf(inner)
  return fc.oneof(
    {
      weight: 6,
      arbitrary: members.map((of) =>
        kind(`union(${listed(of)})`, z.union(schemas(of)), fc.oneof(...of.map(({ values }) => values))),
      ),
    },
    { weight: 4, arbitrary: objects(inner) },
    fc
      .tuple(objects(inner, ['a', 'b'], ['strip', 'strict']), objects(inner, ['c'], ['strip', 'strict']))
      .map(([left, right]) =>
        kind(
          `and(${left.text}, ${right.text})`,
          z.intersection(left.schema, right.schema),
          fc
            .tuple(left.values, right.values)
            .map(([one, other]) => ({ ...(one as object), ...(other as object) })),
        ),
      ),
    objects(inner, names, ['strip']).map((of) =>
      kind(`and(${of.text} twice)`, z.intersection(of.schema, of.schema), of.values),
    ),
    members.map((of) => {
      const options = of.map(({ schema }, index) => z.object({ type: z.literal(index), value: schema }))
      return kind(
        `discriminated(${listed(of)})`,
        z.discriminatedUnion('type', options as never),
        fc.oneof(...of.map(({ values }, type) => values.map((value) => ({ type, value })))),
      )
    }),
    members.map((of) =>
      kind(
        `tuple(${listed(of)})`,
        z.tuple(schemas(of) as never),
        fc.tuple(...of.map(({ values }) => values)),
      ),
    ),
    one(
      'array',
      (of) => z.array(of),
      (of) => fc.array(of, { maxLength: 3 }),
    ),
    one(
      'record',
      (of) => z.record(z.string(), of),
      (of) => fc.dictionary(fc.constantFrom(...names), of),
    ),
    one(
      'looseRecord',
      (of) => z.looseRecord(z.enum(names), of),
      (of) => of.map((value) => ({ a: value, b: value, c: value, d: new Date(0) })),
    ),
    one(
      'nullable',
      (of) => z.nullable(of),
      (of) => fc.option(of),
    ),
    one('default', (of) => z._default(of, 'the default' as never), same),
    one('prefault', (of) => z.prefault(of, 'the default' as never), same),
    one('catch', (of) => z.catch(of, 'the fallback' as never), same),
    one('readonly', (of) => z.readonly(of), same),
    one('nonoptional', (of) => z.nonoptional(of), same),
    one('lazy', (of) => z.lazy(() => of), same),
    one(
      'set',
      (of) => set(of),
      (of) => fc.array(of, { maxLength: 3 }).map((items) => new Set(items)),
    ),
    one(
      'map',
      (of) => map(z.string(), of),
      (of) => fc.array(fc.tuple(word, of), { maxLength: 3 }).map((pairs) => new Map(pairs)),
    ),
    fc.constantFrom(
      kind('string.pipe(isoDate)', z.string().pipe(isoDate), date),
      kind('isoDate.pipe(date)', isoDate.pipe(z.date()), date),
      kind('string.pipe(trimmed)', z.string().pipe(z.string().trim()), word),
    ),
    fc.constant(kind('pipe(string, coerced number)', z.string().pipe(z.coerce.number()), number)),
  )
}

const membersOf = (inner: fc.Arbitrary<Kind>) => fc.array(inner, { minLength: 2, maxLength: 3 })
const schemas = (of: readonly Kind[]) => of.map(({ schema }) => schema)
const listed = (of: readonly Kind[]) => of.map(({ text }) => text).join(', ')

/** Exclusive unions, which refuse what two members take: inside of others, a value of one may not be a value of it. */
function exclusiveUnions(inner: fc.Arbitrary<Kind>): fc.Arbitrary<Kind> {
  return membersOf(inner).map((of) =>
    kind(`xor(${listed(of)})`, z.xor(schemas(of)), fc.oneof(...of.map(({ values }) => values))),
  )
}

/** Objects of up to two keys, some of which may be left out. */
function objects(
  inner: fc.Arbitrary<Kind>,
  keys: readonly string[] = names,
  hows = ['strip', 'strict', 'catchall'],
): fc.Arbitrary<Kind> {
  const key = fc.record({
    name: fc.constantFrom(...keys),
    of: inner,
    mode: fc.constantFrom('plain', 'optional', 'default', 'optional default'),
  })
  const how = fc.constantFrom(...hows)
  return fc
    .tuple(fc.uniqueArray(key, { minLength: 1, maxLength: 2, selector: ({ name }) => name }), how)
    .map(([keys, how]) => {
      const shape = Object.fromEntries(
        keys.map(({ name, of: { schema }, mode }) => {
          const whole = mode.includes('default') ? z._default(schema, 'the default' as never) : schema
          return [name, mode.includes('optional') ? z.optional(whole) : whole]
        }),
      )
      const object =
        how === 'strict'
          ? z.strictObject(shape)
          : how === 'catchall'
            ? z.object(shape).catchall(z.string())
            : z.object(shape)
      const optional = keys.filter(({ mode }) => mode.includes('optional')).map(({ name }) => name)
      const values = fc.record(Object.fromEntries(keys.map(({ name, of }) => [name, of.values])), {
        requiredKeys: keys.map(({ name }) => name).filter((name) => !optional.includes(name)),
        noNullPrototype: true,
      })
      return kind(
        `${how}{${keys.map(({ name, of, mode }) => `${name}: ${mode} ${of.text}`).join(', ')}}`,
        object,
        values,
      )
    })
}

const depth0 = fc.constantFrom(...leaves)
export const depth1 = fc.oneof(depth0, kindsOver(depth0))
export const depth2 = fc.oneof(
  { weight: 4, arbitrary: kindsOver(depth0) },
  { weight: 4, arbitrary: kindsOver(depth1) },
  { weight: 1, arbitrary: exclusiveUnions(depth1) },
)
/** Puts a part into a value or takes one out, at the top or inside. */
export function changed(value: unknown, part: unknown, index: number, how: string): unknown {
  if (Array.isArray(value)) {
    if (how === 'add') return [...value, part]
    return how === 'set' ? [part, ...value.slice(1)] : value.slice(1)
  }
  if (typeof value !== 'object' || value === null || Object.getPrototypeOf(value) !== Object.prototype)
    return part
  const entries = Object.entries(value)
  if (how === 'add') return { ...value, z: part }
  const [key, inner] = entries[index % Math.max(entries.length, 1)] ?? []
  if (key === undefined) return value
  if (how === 'delete') return Object.fromEntries(entries.filter(([name]) => name !== key))
  return { ...value, [key]: index === 0 ? changed(inner, part, index, how) : part }
}

import {
  type ContractDocument,
  describe as describeContract,
  diff,
  type JsonSchema,
  worst,
} from '@tidings/core/describe'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { type Expected, received, type Site, safe, sent } from './rows.js'
import { contractOf, expectArrives, expectPlain, transmit, writerAndReader } from './versions.js'

const table = [...sent, ...received].map((row) => [`${row[0]}: ${row[1]}`, row] as const)

describe('a change of a schema', () => {
  it.each(table)('%s', (_name, row) => {
    const [site, , before, after, codes, clients, servers] = row
    const changes = diff(
      describeContract(contractOf(site, before)),
      describeContract(contractOf(site, after)),
    )
    const found = {
      codes: changes.map(({ change }) => change).join(' '),
      clients: worst(changes, 'clients'),
      servers: worst(changes, 'servers'),
    }
    expect(found).toEqual({ codes, clients: clients.verdict, servers: servers.verdict })
    expectPlain(changes)
  })

  it.each(
    table.flatMap(([name, row]) => [
      [name, 'clients', row, row[5]] as const,
      [name, 'servers', row, row[6]] as const,
    ]),
  )('%s: is so for %s', (_name, side, row, expected: Expected) => {
    const { writer, reader, schema } = writerAndReader(row, side)
    if (expected.verdict === 'breaking') {
      writer.encode(expected.witness, 'the witness')
      expect(() => transmit(writer, reader, expected.witness)).toThrow('did not fit the schema')
    }
    if (expected.verdict !== 'safe') return
    expect(expectArrives(writer, reader, schema, 100, row[0])).toBeGreaterThan(0)
  })
})

describe('any two versions', () => {
  // A param may be undefined, which an event may not.
  const rows = [...sent, ...received].filter(([site]) => site !== 'param')
  const schemas = rows.flatMap(([, , before, after]) => [before, after])

  it('has no change from a contract to itself', () => {
    for (const schema of new Set(schemas)) {
      const document = describeContract(contractOf('event', schema))
      expect(diff(document, JSON.parse(JSON.stringify(document)))).toEqual([])
    }
  })

  it('finds a safe change only where each value arrives', () => {
    const one = fc.constantFrom(...schemas)
    const property = fc.property(
      fc.constantFrom<Site>('event', 'output', 'input'),
      one,
      one,
      (site, before, after) => {
        const changes = diff(
          describeContract(contractOf(site, before)),
          describeContract(contractOf(site, after)),
        )
        expectPlain(changes)
        for (const side of ['clients', 'servers'] as const) {
          if (worst(changes, side) !== 'safe') continue
          const { writer, reader, schema } = writerAndReader([site, '', before, after, '', safe, safe], side)
          expectArrives(writer, reader, schema, 3)
        }
      },
    )
    fc.assert(property, { numRuns: 250 })
  })

  it('compares documents that zod did not write', () => {
    const node = fc.letrec((tie) => ({
      node: fc.oneof(
        { maxDepth: 4 },
        fc.constantFrom(
          {},
          false,
          true,
          { $ref: '#' },
          { $ref: '#/$defs/a' },
          { $ref: '#/nowhere' },
          { type: 'string' },
        ),
        fc.record(
          {
            type: fc.constantFrom(
              'object',
              'array',
              'string',
              'number',
              'integer',
              ['string', 'null'],
              'nonsense',
            ),
            properties: fc.dictionary(fc.constantFrom('a', 'b', '__proto__'), tie('node')),
            required: fc.constantFrom(['a'], ['b'], [], 'a'),
            additionalProperties: tie('node'),
            items: tie('node'),
            prefixItems: fc.array(tie('node'), { maxLength: 2 }),
            anyOf: fc.array(tie('node'), { maxLength: 3 }),
            allOf: fc.array(tie('node'), { maxLength: 2 }),
            enum: fc.constantFrom(['a', 1], [null], [{}]),
            not: tie('node'),
            minLength: fc.constantFrom(1, 'x'),
            $defs: fc.record({ a: tie('node') }),
          },
          { requiredKeys: [] },
        ),
      ),
    })).node as fc.Arbitrary<JsonSchema>
    const documentOf = (wire: JsonSchema): ContractDocument => ({
      tidings: 1,
      hash: '',
      procedures: { send: { kind: 'command', input: { wire }, output: { wire }, errors: {} } },
    })
    fc.assert(
      fc.property(node, node, (before, after) => {
        expect(diff(documentOf(before), documentOf(before))).toEqual([])
        expectPlain(diff(documentOf(before), documentOf(after)))
      }),
      { numRuns: 300 },
    )
  })
})

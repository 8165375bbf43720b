import type * as zod from 'zod/v4/core'
import { bigintDefinition, bytesDefinition, isoDateDefinition, urlDefinition } from './codec-definitions.js'

/**
 * Texts of known formats, chosen so that another format that accepts any text of a format accepts one of these: all
 * digits, the length of base64, the beginning of a URL.
 */
const samplesOfFormats: Readonly<Record<string, readonly string[]>> = {
  uuid: ['00000000-0000-4000-8000-000000000000', 'ffffffff-ffff-4fff-8fff-ffffffffffff'],
  guid: ['00000000-0000-0000-0000-000000000000', 'abcdefab-cdef-cdef-cdef-abcdefabcdef'],
  email: ['ada@example.org', 'a.b+c@example.co'],
  ulid: ['01234567890123456789012345', '01ARZ3NDEKTSV4RRFFQ69G5FAV'],
  nanoid: ['012345678901234567890', 'V1StGXR8_Z5jdHi6B-myT'],
  cuid: ['cjld2cjxh0000qzrmn831i7rn', 'c12345678901234567890123'],
  cuid2: ['012345678901234567890123', 'tz4a98xxat96iws9zmbrgj3a'],
  xid: ['01234567890123456789', '9m4e2mr0ui3e8a215n4g'],
  ksuid: ['012345678901234567890123456', '0ujtsYcgvSTl8PAuAdqWYSMnLOv'],
  ipv4: ['127.0.0.1', '255.255.255.255'],
  ipv6: ['::1', 'abcd::1', '2001:db8::8a2e:370:7334'],
  cidrv4: ['10.0.0.0/8'],
  cidrv6: ['2001:db8::/32', 'abcd::/16'],
  e164: ['+1234567', '+41791234567'],
  jwt: ['eyJhbGciOiJIUzI1NiJ9.e30.c2ln'],
  base64: ['', '1234', 'aGk=', 'MDEyMzQ1Njc4OQ=='],
  base64url: ['', '1234', 'aGk', '_-_-'],
  datetime: ['2024-02-29T12:00:00Z', '2024-02-29T12:00:00.123Z'],
  date: ['2024-02-29'],
  time: ['12:00:00', '23:59:59.123'],
  duration: ['P1D', 'P1DT2H3M', 'P1DT1H1M'],
}

const samplesOfCodecs = new Map<unknown, readonly string[]>([
  [
    isoDateDefinition.encode,
    [
      '1970-01-01T00:00:00.000Z',
      '2024-02-29T23:59:59.999Z',
      '-000001-01-01T00:00:00.000Z',
      '+275760-09-13T00:00:00.000Z',
    ],
  ],
  [
    bigintDefinition.encode,
    [
      ...['0', '1', '-1', '7', '1234', '12345678', '9007199254740993', '012345678901234567890123'],
      ...[
        '12345678901234567890',
        '123456789012345678901',
        '12345678901234567890123456',
        '123456789012345678901234567',
      ],
    ],
  ],
  [bytesDefinition.encode, ['', '1234', 'abcd', 'aGk=', '+123', '0123456789012345678901234567890123456789']],
  [
    urlDefinition.encode,
    [
      'https://example.org/',
      'http://127.0.0.1:80/a?b=c#d',
      'mailto:ada@example.org',
      'data:,a',
      'abcd::1',
      'a:b',
    ],
  ],
])

/**
 * Returns samples of all texts that a schema writes: of a codec of Tidings, or of a format of zod without further checks.
 * Undefined for other schemas.
 */
export function textSamplesOf(schema: zod.$ZodTypes): readonly string[] | undefined {
  const { def } = schema._zod
  if (def.type === 'pipe') return samplesOfCodecs.get(def.reverseTransform)
  if (def.type !== 'string') return undefined
  // A format called as a method, such as z.string().email(), is a check.
  const checks = def.checks ?? []
  const format = 'format' in def ? def.format : undefined
  return typeof format === 'string' && checks.length === 0 ? samplesOfFormats[format] : undefined
}

/** Whether trying sample texts shows what a schema reads. */
export function isKnownText(schema: zod.$ZodTypes): boolean {
  const { def } = schema._zod
  return (
    textSamplesOf(schema) !== undefined ||
    (def.type === 'string' && !('format' in def) && !def.checks?.length)
  )
}

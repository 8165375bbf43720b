import { expect, it } from 'vitest'
import { randomName } from './random.js'

it('begins a name with a letter, and uses all of base64url after it', () => {
  const names = Array.from({ length: 2_000 }, () => randomName(8))
  for (const name of names) expect(name).toMatch(/^[A-Za-z][\w-]{7}$/)
  expect(new Set(names.flatMap((name) => [...name.slice(1)])).size).toBe(64)
})

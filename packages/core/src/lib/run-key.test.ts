import { describe, expect, test } from 'vitest'
import { isRunId, parseRunKey, runKey } from './run-key.js'

const id = '0123456789abcdef0123456789abcdef'

describe('the id of a run', () => {
  test.each([
    ['32 hexadecimal digits', id],
    ['a UUID', '6f1c2a52-6a0e-4d0b-9d3e-7a6f3f0b1c2d'],
    ['128 bits in base64url', 'AAAAAAAAAAAAAAAAAAAA_-'],
    ['64 characters', 'a'.repeat(64)],
  ])('may be %s', (_what, text) => {
    expect(isRunId(text)).toBe(true)
  })

  test.each([
    ['shorter than 128 bits', 'a'.repeat(21)],
    ['longer than 64 characters', 'a'.repeat(65)],
    ['with a character that a URL escapes', `${id}=`],
    ['with a slash', `${id}/a`],
    ['with a dot', `${id}.a`],
    ['with a line break at its end', `${id}\n`],
    ['empty', ''],
  ])('is not a text %s', (_what, text) => {
    expect(isRunId(text)).toBe(false)
  })
})

describe('the key of a run', () => {
  test.each(['complete', 'chat/complete'])('of %s is split as it was formatted', (path) => {
    const key = runKey(path, id)
    expect(key).toBe(`${path}?$run=${id}`)
    expect(parseRunKey(key)).toEqual({ path, id })
  })

  test.each([
    ['the key of a topic', 'room?roomId=lobby'],
    ['a path alone', 'complete'],
    ['a malformed id', 'complete?$run=a'],
    ['a further parameter', `complete?$run=${id}&a=1`],
    ['a parameter before it', `complete?a=1&$run=${id}`],
    ['an escaped name', `complete?%24run=${id}`],
  ])('is not %s', (_what, text) => {
    expect(parseRunKey(text)).toBeUndefined()
  })
})

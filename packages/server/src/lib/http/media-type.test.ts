import { expect, it } from 'vitest'
import { parseMediaType } from './media-type.js'

it.each([
  ['application/json', 'application/json', {}],
  ['Application/JSON ', 'application/json', {}],
  ['application/json;', 'application/json', {}],
  ['application/json ; ; charset=UTF-8;', 'application/json', { charset: 'UTF-8' }],
  [
    'application/json;charset="utf-8"; profile="a;b\\"c"',
    'application/json',
    { charset: 'utf-8', profile: 'a;b"c' },
  ],
  ['application/json;v=1;CHARSET=latin1', 'application/json', { v: '1', charset: 'latin1' }],
])('parses %s', (text, essence, parameters) => {
  const read = parseMediaType(text)
  expect(read?.essence).toBe(essence)
  expect(Object.fromEntries(read?.parameters ?? [])).toEqual(parameters)
})

it.each([
  'application/json;charset',
  'application/json;charset = utf-8',
  'application/json;charset="utf-8',
  'application/json;a=b c=d',
])('rejects %s as malformed', (text) => {
  expect(parseMediaType(text)).toBeUndefined()
})

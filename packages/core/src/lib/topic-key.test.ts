import { expect, test } from 'vitest'
import { parseTopicKey, topicKey } from './topic-key.js'

test.each([
  ['chat/room', 'roomId=lobby', 'chat/room?roomId=lobby'],
  ['chat/room', 'roomId=a%3Fb', 'chat/room?roomId=a%3Fb'],
  ['prices', '', 'prices'],
])('the key of the channel %s with the query "%s" is %s', (path, query, key) => {
  expect(topicKey(path, query)).toBe(key)
  expect(parseTopicKey(key)).toEqual({ path, query })
})

test('a key is split at its first question mark', () => {
  expect(parseTopicKey('room?a=1?b')).toEqual({ path: 'room', query: 'a=1?b' })
  expect(parseTopicKey('?a=1')).toEqual({ path: '', query: 'a=1' })
  expect(parseTopicKey('room?')).toEqual({ path: 'room', query: '' })
})

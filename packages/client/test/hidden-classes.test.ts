import { setFlagsFromString } from 'node:v8'
import { expect, it } from 'vitest'
import { newTopic, type TopicEvent, type TopicState, transition } from '../src/lib/connection/topic-state.js'

/** Returns a function that tells whether V8 gives two objects one hidden class. */
function hiddenClassCheck(): (one: object, other: object) => boolean {
  setFlagsFromString('--allow-natives-syntax')
  try {
    return new Function('one', 'other', 'return %HaveSameMap(one, other)') as ReturnType<
      typeof hiddenClassCheck
    >
  } finally {
    setFlagsFromString('--no-allow-natives-syntax')
  }
}

it('gives all states of topics one hidden class: a client with many topics reads one of them for each event', () => {
  const haveSameHiddenClass = hiddenClassCheck()
  const at = (seq: number) => ({ epoch: 'a', seq })
  const history: TopicEvent[] = [
    { type: 'overtaken' },
    { type: 'requested', request: { sequence: 1, from: undefined } },
    { type: 'subscribed', epoch: 'a', sequence: 1, start: undefined },
    { type: 'snapshot', cursor: at(1) },
    { type: 'event', cursor: at(2) },
    { type: 'snapshotNeeded', since: at(2) },
    { type: 'requested', request: { sequence: 2, from: at(2) } },
    { type: 'retry' },
    { type: 'snapshotSettled' },
    { type: 'gap', cursor: at(5), hasSnapshot: false },
    { type: 'lost' },
    { type: 'delayed' },
    { type: 'retry' },
  ]
  const states: TopicState[] = [newTopic]
  for (const event of history) states.push(transition(states.at(-1) ?? newTopic, event))
  expect(new Set(states).size).toBe(history.length + 1)
  expect(states.filter((state) => !haveSameHiddenClass(state, newTopic))).toEqual([])
})

import { channel, command, defineContract, stream } from '@tidings/core'
import { describe as describeContract, diff } from '@tidings/core/describe'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import { expectPlain } from './versions.js'

/** Returns the changes of a whole contract, by code, with both verdicts. */
function changesOf(before: object, after: object): string[] {
  const changes = diff(
    describeContract(defineContract(before as never)),
    describeContract(defineContract(after as never)),
  )
  expectPlain(changes)
  return changes.map(({ path, change, clients, servers }) => `${path} ${change} ${clients} ${servers}`)
}

const text = z.string()
const room = channel({
  params: { id: text },
  events: { said: text, left: undefined },
  snapshot: z.array(text),
})
const send = command({ input: z.object({ text }), output: text, errors: { muted: undefined, full: text } })
const tell = stream({ input: z.object({ text }), events: { token: text }, output: text })

describe('a change of a contract', () => {
  const { params, events, snapshot } = room
  const { input, output, errors } = send
  it.each([
    ['a channel more', { send }, { send, room }, ['room procedure-added safe dangerous']],
    ['a channel less', { send, room }, { send }, ['room procedure-removed breaking safe']],
    ['a group more', { send }, { send, chat: { room } }, ['chat/room procedure-added safe dangerous']],
    [
      'another name',
      { send },
      { post: send },
      ['send procedure-removed breaking safe', 'post procedure-added safe dangerous'],
    ],
    [
      'another group',
      { chat: { send } },
      { room: { send } },
      ['chat/send procedure-removed breaking safe', 'room/send procedure-added safe dangerous'],
    ],
    ['a command becomes a stream', { a: send }, { a: tell }, ['a kind-changed breaking breaking']],
    ['a channel becomes a command', { a: room }, { a: send }, ['a kind-changed breaking breaking']],
    [
      'an event more',
      { room },
      { room: channel({ params, snapshot, events: { ...events, sung: text } }) },
      ['room.events.sung event-added safe safe'],
    ],
    [
      'an event less',
      { room },
      { room: channel({ params, snapshot, events: { said: text } }) },
      ['room.events.left event-removed breaking safe'],
    ],
    [
      'data of an event more',
      { room },
      { room: channel({ params, snapshot, events: { said: text, left: text } }) },
      ['room.events.left.data data-added safe breaking'],
    ],
    [
      'data of an event less',
      { room },
      { room: channel({ params, snapshot, events: { said: undefined, left: undefined } }) },
      ['room.events.said.data data-removed breaking safe'],
    ],
    [
      'a snapshot less',
      { room },
      { room: channel({ params, events }) },
      ['room.snapshot snapshot-removed breaking safe'],
    ],
    [
      'a snapshot more',
      { room: channel({ params, events }) },
      { room },
      ['room.snapshot snapshot-added safe breaking'],
    ],
    [
      'a param more',
      { room },
      { room: channel({ params: { id: text, lang: text }, snapshot, events }) },
      ['room.params.lang param-added breaking dangerous'],
    ],
    [
      'a param with a default more',
      { room },
      { room: channel({ params: { id: text, lang: text.default('en') }, snapshot, events }) },
      ['room.params.lang param-added dangerous dangerous'],
    ],
    [
      'an optional param more',
      { room },
      { room: channel({ params: { id: text, lang: text.optional() }, snapshot, events }) },
      ['room.params.lang param-added dangerous dangerous'],
    ],
    [
      'a param less',
      { room },
      { room: channel({ params: {}, snapshot, events }) },
      ['room.params.id param-removed dangerous breaking'],
    ],
    [
      'an input less',
      { send },
      { send: command({ output, errors }) },
      ['send.input input-removed dangerous breaking'],
    ],
    [
      'an input more',
      { send: command({ output, errors }) },
      { send },
      ['send.input input-added breaking dangerous'],
    ],
    [
      'an output less',
      { send },
      { send: command({ input, errors }) },
      ['send.output output-removed breaking safe'],
    ],
    [
      'an output more',
      { send: command({ input, errors }) },
      { send },
      ['send.output output-added safe breaking'],
    ],
    [
      'an error more',
      { send },
      { send: command({ input, output, errors: { ...errors, late: undefined } }) },
      ['send.errors.late error-added dangerous safe'],
    ],
    [
      'an error less',
      { send },
      { send: command({ input, output, errors: { full: text } }) },
      ['send.errors.muted error-removed safe dangerous'],
    ],
    [
      'data of an error more',
      { send },
      { send: command({ input, output, errors: { muted: text, full: text } }) },
      ['send.errors.muted.data data-added safe breaking'],
    ],
    [
      'data of an error less',
      { send },
      { send: command({ input, output, errors: { muted: undefined, full: undefined } }) },
      ['send.errors.full.data data-removed breaking safe'],
    ],
    [
      'an event of a stream more',
      { tell },
      { tell: stream({ input: tell.input, output: tell.output, events: { token: text, step: text } }) },
      ['tell.events.step event-added safe safe'],
    ],
    [
      'an event of a stream less',
      { tell },
      { tell: stream({ input: tell.input, output: tell.output, events: {} }) },
      ['tell.events.token event-removed breaking safe'],
    ],
    ['another order of procedures', { room, send }, { send, room }, []],
  ])('%s', (_what, before, after, expected) => {
    expect(changesOf(before, after)).toEqual(expected)
  })

  it('names the procedure that may have taken the place of another', () => {
    const [change] = diff(describeContract({ send }), describeContract({ post: send }))
    expect(change?.message).toBe(
      'send was a command and is gone, perhaps to post: keep it under this name too, until no client is left that uses it',
    )
  })

  it('lists a procedure that became deprecated', () => {
    const before = describeContract({ send })
    const procedures = { send: { ...before.procedures['send'], deprecated: 'use post' } as never }
    expect(diff(before, { ...before, procedures })).toEqual([
      {
        path: 'send',
        change: 'deprecated',
        clients: 'safe',
        servers: 'safe',
        message: 'send is deprecated now (use post)',
      },
    ])
  })
})

describe('the message of a required key more', () => {
  const messageOf = (before: z.ZodType, after: z.ZodType, kind: 'input' | 'output') => {
    const versions = [before, after].map((schema) => defineContract({ send: command({ [kind]: schema }) }))
    const [old, current] = versions.map((version) => describeContract(version))
    return old && current ? diff(old, current).map(({ message }) => message) : []
  }
  const more = z.object({ text, room: text })

  it('says of an input that clients do not send it and that servers ignore it', () => {
    expect(messageOf(z.object({ text }), more, 'input')).toEqual([
      'send.input.room is new: a string, required, which old clients do not send and old servers ignore: ' +
        'make it optional, or give it a default',
    ])
  })

  it('says of an output that servers do not send it', () => {
    expect(messageOf(z.object({ text }), more, 'output')).toEqual([
      'send.output.room is new: a string, required, which old servers do not send: ' +
        'deploy every server before the first client that has it',
    ])
  })
})

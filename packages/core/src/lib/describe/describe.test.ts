import { channel, command, defineContract, isoDate, stream } from '@tidings/core'
import { contractFrom, describe as describeContract } from '@tidings/core/describe'
import { expect, it } from 'vitest'
import * as z from 'zod'

const contract = defineContract({
  room: channel({
    params: { roomId: z.string().min(1) },
    snapshot: z.object({ messages: z.array(z.string()) }),
    events: { message: z.object({ text: z.string(), sentAt: isoDate }), cleared: undefined },
  }),
  chat: {
    send: command({ input: z.object({ text: z.string() }), errors: { muted: z.object({ until: isoDate }) } }),
    complete: stream({ events: { token: z.string() }, output: z.object({ tokens: z.number() }) }),
  },
})

it('describes a contract, and makes a contract of the description', () => {
  const document = describeContract(contract)
  expect(Object.keys(document.procedures)).toEqual(['room', 'chat/send', 'chat/complete'])
  expect(document.procedures['room']).toMatchObject({
    events: { message: { wire: { properties: { sentAt: { type: 'string' } } } }, cleared: null },
  })
  const { events } = contractFrom(document)['room'] as unknown as { events: Record<string, z.ZodType> }
  expect(events['message']?.safeParse({ text: 'hi', sentAt: '2026', more: [1] }).data).toEqual({
    text: 'hi',
    sentAt: '2026',
    more: [1],
  })
  expect(events['message']?.safeParse({ text: 'hi' }).success).toBe(false)
  expect(Object.keys(contractFrom(document))).toEqual(['room', 'chat'])
})

import { createClient } from '@tidings/client'
import { createClient as createNativeClient } from '@tidings/client/native'
import { contract } from './contract.js'

/**
 * Uses a client as its types allow, and makes one mistake with each part. A type that has become `any` allows every
 * mistake, and the directive above it is an error then.
 */
export const client = createClient(contract, { url: '/events' })
export const nativeClient = createNativeClient(contract, { url: '/events' })

// @ts-expect-error the contract has no rooms
void client.rooms
// @ts-expect-error nor has it for a client over an EventSource
void nativeClient.rooms
// @ts-expect-error url is missing
createClient(contract, {})

export const room = client.room({ roomId: 'lobby' })
// @ts-expect-error roomId is a string
client.room({ roomId: 1 })
// @ts-expect-error the event is called message
room.on('massage', () => {})

export const stop = room.subscribe({
  snapshot: ({ messages }) => {
    // @ts-expect-error messages is an array
    messages.message
  },
  message: ({ sentAt, text }) => {
    sentAt.getTime() + text.length
    // @ts-expect-error sentAt is a Date
    sentAt.length
  },
  gap: ({ reason }) => {
    // @ts-expect-error a gap has no reason of this name
    if (reason === 'nothing') return
  },
})
stop()
// @ts-expect-error what ends a subscription takes no argument
stop(1)

export const events = room.events()
for await (const event of events) {
  // @ts-expect-error no event is of this type
  if (event.type === 'massage') break
  if (event.type === 'message') event.data.sentAt.getTime()
}

export const state = room.state((before, event) =>
  event.type === 'message' ? { messages: [...before.messages, event.data] } : before,
)
// @ts-expect-error there is no value before the first snapshot
state.value.messages
// @ts-expect-error a state tells of change and error
state.on('changed', () => {})

try {
  const message = await client.send({ roomId: 'lobby', author: 'ada', text: 'hi' })
  message.sentAt.getTime()
  // @ts-expect-error a message has no such key
  message.sent
} catch (error) {
  if (client.send.isError(error) && error.code === 'muted') {
    error.data.until.getTime()
    // @ts-expect-error until is a Date
    error.data.until.length
  }
}
// @ts-expect-error text is missing
client.send({ roomId: 'lobby', author: 'ada' })

export const run = client.complete({ prompt: 'to be' })
for await (const event of run) {
  event.data.length
  // @ts-expect-error a token is a string
  event.data.getTime()
}
// @ts-expect-error tokens is a number
;(await run.output).tokens.length

// @ts-expect-error a connection has no such status
if (client.connection.state.status === 'opened') client.close()

// Sees the emitted declarations of the other projects, and none of their sources.
import type { Client, RunOf, TopicOf } from '@tidings/client'
import type { Emit, Emitter, Tidings } from '@tidings/server'
import type * as annotated from '../annotated/annotated.js'
import {
  type client,
  type complete,
  failureOf,
  type native,
  onTick,
  room,
  send,
  state,
  ticks,
} from '../client/client.js'
import type { contract } from '../contract/contract.js'
import { emit, emitTick, type emitter, lobby, tidings } from '../server/server.js'

type Contract = typeof contract
type IsAny<T> = 0 extends 1 & T ? true : false
type Same<A, B> = IsAny<A> extends true ? false : [A, B] extends [B, A] ? true : false

export const same: [
  Same<typeof client, Client<Contract>>,
  Same<typeof native, Client<Contract>>,
  Same<typeof annotated.client, typeof client>,
  Same<ReturnType<typeof room>, TopicOf<Contract['chat']['room']>>,
  Same<typeof annotated.room, ReturnType<typeof room>>,
  Same<ReturnType<typeof complete>, RunOf<Contract['complete']>>,
  Same<typeof tidings, Tidings<Contract, { user: string | null }>>,
  Same<typeof emit, Emit<Contract>>,
  Same<typeof emitter, Emitter<Contract>>,
] = [true, true, true, true, true, true, true, true, true]

void emitTick(1)
// @ts-expect-error a tick is a number
void emitTick('1')
void emit.chat.room({ roomId: 'lobby' }).typing({ author: 'ada' })
// @ts-expect-error author is a string
void emit.chat.room({ roomId: 'lobby' }).typing({ author: 1 })
// @ts-expect-error most of the message is missing
void lobby.message({ id: '1', text: 'hi' })
// @ts-expect-error prices has no such event
void emit.prices().tock
// @ts-expect-error a command is not emitted
void tidings.emit.chat.send

void send({ roomId: 'lobby', text: 'hi' }).then(({ sentAt, likes }) => [sentAt.getTime(), likes.toString()])
// @ts-expect-error text is missing
void send({ roomId: 'lobby' })
room('lobby').subscribe({ snapshot: ({ messages }) => messages[0]?.readers.has('ada') })
// @ts-expect-error a typing event has no text
room('lobby').on('typing', ({ text }) => text)
// @ts-expect-error a tick is a number
onTick((tick: string) => tick)
// @ts-expect-error the state is undefined before the first snapshot
state.value.messages.length
ticks.value.map((tick) => tick.toFixed(2))

const failure = failureOf(new Error())
if (failure?.code === 'muted') failure.data.until.getTime()
// @ts-expect-error only muted has data
failure?.data.until

import { createClient } from '@tidings/client'
import { createClient as createNativeClient } from '@tidings/client/native'
import { contract } from '../contract/contract.js'

export const client = createClient(contract, { url: '/events' })
export const native = createNativeClient(contract, { url: '/events' })
export const room = (roomId: string) => client.chat.room({ roomId })
export const { send } = client.chat
export const { isError } = client.chat.send
export const { subscribe, on } = room('lobby')
export const { connection } = client
export const state = room('lobby').state((lobby, event) =>
  event.type === 'message' ? { messages: [...lobby.messages, event.data] } : lobby,
)
export const ticks = client
  .prices()
  .state((all: number[], event) => (event.type === 'tick' ? [...all, event.data] : all), { initial: [] })
export const complete = (prompt: string) => client.complete({ prompt })
export const onTick = (handler: (tick: number) => void) => client.prices().on('tick', handler)
export const loop = () => room('lobby').events()
export const onConnection = () => client.connection.on('change', () => {})
export const connectionState = () => client.connection.state
export const failureOf = (error: unknown) => (client.chat.send.isError(error) ? error : undefined)

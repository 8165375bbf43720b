// room.tsx
import type { Client } from '@tidings/client'
import { useCommand, useTopic } from '@tidings/client/react'
import type { contract } from './contract.js'

export function Room({ client, roomId }: { client: Client<typeof contract>; roomId: string }) {
  const room = client.room({ roomId })
  const { value, error } = useTopic(room, (state, { type, data }) => {
    if (type !== 'message') return state
    const others = state.messages.filter(({ id }) => id !== data.id)
    return { messages: [...others, data] }
  })
  const send = useCommand(client.send)
  if (error) return <p role="alert">{error.message}</p>
  if (!value) return <p>Loading</p>
  return (
    <>
      <ul>
        {value.messages.map(({ id, text }) => (
          <li key={id}>{text}</li>
        ))}
      </ul>
      <button
        type="button"
        onClick={() => void send.call({ roomId, author: 'ada', text: 'hello' }).catch(() => {})}
      >
        Say hello
      </button>
      {send.error && <p role="alert">{send.error.code}</p>}
    </>
  )
}

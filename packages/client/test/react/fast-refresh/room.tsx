import { useCommand, useConnection, useEvents, useRun, useTopic } from '@tidings/client/react'
import { useState } from 'react'
import { client } from './client.ts'

export function Room() {
  const room = client.room({ roomId: 'a' })
  const { value } = useTopic(room, (room, event) =>
    event.type === 'typing' ? { messages: [...room.messages, String(event.data)] } : room,
  )
  const [heard, hear] = useState('')
  useEvents(room, { typing: (author) => hear(`heard ${author}`) })
  const { call, data } = useCommand(client.send)
  const { start, status, events } = useRun(client.count)
  const connection = useConnection(client)
  return (
    <>
      <p>before: {value?.messages.join(' ')}</p>
      <ul>
        <li>{heard}</li>
        <li>sent {data?.text}</li>
        <li>
          {status} {events.map((event) => event.data).join(' ')}
        </li>
        <li>{connection.status}</li>
      </ul>
      <button type="button" onClick={() => void call({ text: 'hi' })}>
        Send
      </button>
      <button type="button" onClick={() => start({ to: 2 })}>
        Count
      </button>
    </>
  )
}

import { useTopic } from '@tidings/client/react'
import { client } from './client.ts'

export function Room() {
  const { value } = useTopic(client.room({ roomId: 'a' }), (room, event) =>
    event.type === 'typing' ? { messages: [...room.messages, String(event.data)] } : room,
  )
  return <p>before: {value?.messages.join(' ')}</p>
}

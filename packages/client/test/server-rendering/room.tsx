import { useTopic } from '@tidings/client/react'
import type { SeedOf } from '@tidings/core'
import { client } from './client'
import type { contract } from './contract'

export function Room({ roomId, seed }: { roomId: string; seed: SeedOf<typeof contract.room> }) {
  const { value } = useTopic(
    client.room({ roomId }),
    (room, { data }) => ({ messages: [...room.messages.filter(({ id }) => id !== data.id), data] }),
    { seed },
  )
  return (
    <ol>
      {value?.messages.map(({ id, text, sentAt }) => (
        <li key={id}>
          <time dateTime={sentAt.toISOString()}>{sentAt.toISOString().slice(11, 16)}</time> {text}
        </li>
      ))}
    </ol>
  )
}

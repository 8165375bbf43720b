import { useMutation, useQuery } from '@tanstack/react-query'
import { commandMutation, topicQuery } from '@tidings/client/tanstack-query'
import { client, withMessage } from './room.js'

export function Room({ roomId }: { roomId: string }) {
  const { data, error } = useQuery(topicQuery(client.room({ roomId }), withMessage))
  const send = useMutation(commandMutation(client.send))
  if (error) return <p>{error.message}</p>
  return (
    <form action={(form) => send.mutate({ roomId, author: 'ada', text: String(form.get('text')) })}>
      <ul>
        {data?.messages.map(({ id, author, text }) => (
          <li key={id}>{`${author}: ${text}`}</li>
        ))}
      </ul>
      <input name="text" disabled={send.isPending} />
      {send.error?.code === 'muted' && <p>Muted until {send.error.data.until.toLocaleTimeString()}</p>}
    </form>
  )
}

'use client'

import { useConnection } from '@tidings/client/react'
import type { SeedOf } from '@tidings/core'
import type { contract, RoomId } from '@tidings/example-chat/contract'
import { client } from '@/lib/client'
import { Composer } from './composer'
import { useName, useRoom } from './use-room'

interface Props {
  roomId: RoomId
  /** What the server has rendered. */
  seed: SeedOf<typeof contract.room> | undefined
}

export function Room({ roomId, seed }: Props) {
  const { messages, refusal, typing } = useRoom(roomId, seed)
  const [name, setName] = useName()
  const { status } = useConnection(client)
  return (
    <section>
      <header>
        <label>
          Your name
          <input value={name} maxLength={40} onChange={(event) => setName(event.target.value)} />
        </label>
        <span role="status" data-status={status}>
          {status === 'open' ? 'Live' : 'Connecting'}
        </span>
      </header>
      {refusal ? (
        <p role="alert">You cannot enter this room: {refusal.message}</p>
      ) : (
        <>
          <ol role="log" aria-label="Messages">
            {messages.map(({ id, author, text, sentAt }) => (
              <li key={id} data-mine={author === name}>
                <strong>{author}</strong>
                {/* The browser may be in another time zone than the server. */}
                <time dateTime={sentAt.toISOString()} suppressHydrationWarning>
                  {sentAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
                </time>
                <p>{text}</p>
              </li>
            ))}
          </ol>
          <p className="typing" aria-live="polite">
            {typing && `${typing} is typing…`}
          </p>
          <Composer roomId={roomId} name={name} />
        </>
      )}
    </section>
  )
}

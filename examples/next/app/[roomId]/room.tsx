'use client'

import type { Message, RoomId } from '@tidings/example-chat/contract'
import { Composer } from './composer'
import { useConnectionStatus, useName, useRoom } from './use-room'

export function Room({ roomId, initial }: { roomId: RoomId; initial: readonly Message[] }) {
  const { messages, refusal, typing } = useRoom(roomId, initial)
  const [name, setName] = useName()
  const status = useConnectionStatus()
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

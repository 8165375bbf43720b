import { useTopic } from '@tidings/client/react'
import { type RoomId, rooms } from '../contract'
import { client } from './client'
import { Composer } from './composer'
import { MessageList } from './message-list'
import { emptyRoom, nextRoom } from './room'
import { TypingIndicator } from './typing-indicator'

export function RoomView({ roomId, name }: { roomId: RoomId; name: string }) {
  const {
    value: room,
    isCurrent,
    error,
  } = useTopic(client.room({ roomId }), nextRoom, { initial: emptyRoom })
  const about = rooms.find(({ id }) => id === roomId)
  return (
    <main className="room-view">
      <header className="room-header">
        <h2>
          <span aria-hidden="true">#</span> {about?.name}
        </h2>
        <p>{about?.about}</p>
      </header>
      {error ? (
        <div className="empty" role="alert">
          <strong>You cannot enter this room</strong>
          <p>{error.code === 'forbidden' ? 'It is by invitation only.' : error.message}</p>
        </div>
      ) : (
        <>
          <MessageList room={room} isEntered={isCurrent} me={name} />
          <TypingIndicator roomId={roomId} me={name} />
          <Composer roomId={roomId} name={name} />
        </>
      )}
    </main>
  )
}

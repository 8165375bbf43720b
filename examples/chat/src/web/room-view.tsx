import { type RoomId, rooms } from '../contract'
import { Composer } from './composer'
import { MessageList } from './message-list'
import { useRoom } from './use-room'

export function RoomView({ roomId, name }: { roomId: RoomId; name: string }) {
  const { room, refusal, typing } = useRoom(roomId, name)
  const about = rooms.find(({ id }) => id === roomId)
  return (
    <main className="room-view">
      <header className="room-header">
        <h2>
          <span aria-hidden="true">#</span> {about?.name}
        </h2>
        <p>{about?.about}</p>
      </header>
      {refusal ? (
        <div className="empty" role="alert">
          <strong>You cannot enter this room</strong>
          <p>{refusal.code === 'forbidden' ? 'It is by invitation only.' : refusal.message}</p>
        </div>
      ) : (
        <>
          <MessageList room={room} me={name} />
          <p className="typing" aria-live="polite">
            {typingText(typing)}
          </p>
          <Composer roomId={roomId} name={name} />
        </>
      )}
    </main>
  )
}

function typingText(names: readonly string[]): string {
  const [first, second, ...others] = names
  if (first === undefined) return ''
  if (second === undefined) return `${first} is typing…`
  if (others.length === 0) return `${first} and ${second} are typing…`
  return `${first}, ${second} and ${others.length} more are typing…`
}

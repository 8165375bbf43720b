import { type RoomId, rooms } from '../contract'
import { Avatar } from './avatar'
import { ConnectionIndicator } from './connection-indicator'

interface SidebarProps {
  current: RoomId
  name: string
  onRoom(roomId: RoomId): void
  onLeave(): void
}

export function Sidebar({ current, name, onRoom, onLeave }: SidebarProps) {
  return (
    <aside className="sidebar">
      <header className="brand">
        <img src="/icon.svg" alt="" width="32" height="32" />
        <h1>Tidings</h1>
        <ConnectionIndicator />
      </header>
      <nav aria-label="Rooms">
        <h2>Rooms</h2>
        {rooms.map((room) => (
          <button
            type="button"
            key={room.id}
            className="room"
            aria-current={room.id === current ? 'page' : undefined}
            onClick={() => onRoom(room.id)}
          >
            <span className="room-name">
              <span aria-hidden="true">#</span> {room.name}
            </span>
            <span className="room-about">{room.about}</span>
          </button>
        ))}
      </nav>
      <footer className="me">
        <Avatar name={name} />
        <span className="me-name">{name}</span>
        <button type="button" className="quiet" onClick={onLeave}>
          Leave
        </button>
      </footer>
    </aside>
  )
}

import { useState } from 'react'
import type { RoomId } from '../contract'
import { RoomView } from './room-view'
import { Sidebar } from './sidebar'
import { SignIn } from './sign-in'

const nameKey = 'tidings-chat-name'

export function App() {
  const [name, setName] = useState(() => sessionStorage.getItem(nameKey) ?? '')
  const [roomId, setRoomId] = useState<RoomId>('lobby')

  if (name === '') {
    return (
      <SignIn
        onName={(chosen) => {
          sessionStorage.setItem(nameKey, chosen)
          setName(chosen)
        }}
      />
    )
  }
  const leave = () => {
    sessionStorage.removeItem(nameKey)
    setName('')
  }
  return (
    <div className="app">
      <Sidebar current={roomId} name={name} onRoom={setRoomId} onLeave={leave} />
      {/* The key resets the view, so that no state of one room appears in another. */}
      <RoomView key={roomId} roomId={roomId} name={name} />
    </div>
  )
}

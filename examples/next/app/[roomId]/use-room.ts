import type { TidingsError } from '@tidings/core'
import type { Message, RoomId } from '@tidings/example-chat/contract'
import { useEffect, useState, useSyncExternalStore } from 'react'
import { client } from '@/lib/client'

/** How long an author counts as typing after a typing event, in milliseconds. */
const typingMs = 3_000

const nameKey = 'tidings-chat-name'

/** Returns the name that this tab's author has entered. */
const storedName = () => sessionStorage.getItem(nameKey) ?? ''

/** Follows a room while it is shown, from the messages that the server rendered. */
export function useRoom(roomId: RoomId, initial: readonly Message[]) {
  const [messages, setMessages] = useState(initial)
  const [refusal, setRefusal] = useState<TidingsError>()
  const [typing, setTyping] = useState<string>()

  useEffect(() => {
    const room = client.room({ roomId })
    const state = room.state((value, event) =>
      event.type === 'message' ? { ...value, messages: [...value.messages, event.data] } : value,
    )
    state.on('change', (value) => value && setMessages(value.messages))
    state.on('error', setRefusal)

    let timer: ReturnType<typeof setTimeout>
    const stop = room.subscribe({
      typing: ({ author }) => {
        if (author === storedName()) return
        setTyping(author)
        clearTimeout(timer)
        timer = setTimeout(setTyping, typingMs, undefined)
      },
      message: ({ author }) => setTyping((now) => (now === author ? undefined : now)),
      // The state reports the refusal.
      error: () => {},
    })
    return () => {
      state.close()
      stop()
      clearTimeout(timer)
    }
  }, [roomId])

  return { messages, refusal, typing }
}

const onChange = (listener: () => void) => client.connection.on('change', listener)

/** Returns the status of the connection. */
export function useConnectionStatus() {
  return useSyncExternalStore(
    onChange,
    () => client.connection.state.status,
    () => 'idle' as const,
  )
}

/** Keeps the name of this tab's author across rooms and reloads. The server renders without one. */
export function useName() {
  const [name, setName] = useState('')
  useEffect(() => setName(storedName()), [])
  const change = (next: string) => {
    sessionStorage.setItem(nameKey, next)
    setName(next)
  }
  return [name, change] as const
}

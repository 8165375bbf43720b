import { useEvents, useTopic } from '@tidings/client/react'
import type { SeedOf } from '@tidings/core'
import type { contract, RoomId } from '@tidings/example-chat/contract'
import { useEffect, useState } from 'react'
import { client } from '@/lib/client'

/** How long an author counts as typing after a typing event, in milliseconds. */
const typingMs = 3_000

const nameKey = 'tidings-chat-name'

/** Returns the name that this tab's author has entered. */
const storedName = () => sessionStorage.getItem(nameKey) ?? ''

/** Follows a room while it is shown, from the messages that the server has rendered. */
export function useRoom(roomId: RoomId, seed: SeedOf<typeof contract.room> | undefined) {
  const room = client.room({ roomId })
  const { value, error } = useTopic(
    room,
    (state, { type, data }) => {
      if (type !== 'message') return state
      const others = state.messages.filter(({ id }) => id !== data.id)
      return { ...state, messages: [...others, data] }
    },
    { seed },
  )
  return { messages: value?.messages ?? [], refusal: error, typing: useTyping(room) }
}

/** Returns who has typed a moment ago. */
function useTyping(room: ReturnType<typeof client.room>) {
  const [typing, setTyping] = useState<{ author: string }>()
  useEvents(room, {
    typing: ({ author }) => author !== storedName() && setTyping({ author }),
    message: ({ author }) => setTyping((now) => (now?.author === author ? undefined : now)),
    // The room shows its refusal.
    error: () => {},
  })
  useEffect(() => {
    const timer = typing && setTimeout(setTyping, typingMs, undefined)
    return () => clearTimeout(timer)
  }, [typing])
  return typing?.author
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

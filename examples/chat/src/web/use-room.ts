import type { TopicEventOf } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import { useEffect, useState } from 'react'
import type { contract, Message, RoomId } from '../contract'
import { client } from './client'

/** For how long somebody counts as typing after the last sign of it. */
const typingMs = 3_000

/** A line of the room: a message, or a note that some were missed. */
export type Line =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'gap'; readonly id: string }

/** The lines after what has happened: what is no line leaves them as they are. */
function next(lines: readonly Line[], event: TopicEventOf<typeof contract.room>): readonly Line[] {
  switch (event.type) {
    case 'snapshot': {
      const gaps = lines.filter((line) => line.kind === 'gap').slice(-1)
      return [...gaps, ...event.data.messages.map((message): Line => ({ kind: 'message', message }))]
    }
    case 'message': {
      // The snapshot may know of a message that was sent while it was taken.
      const isKnown = lines.some((line) => line.kind === 'message' && line.message.id === event.data.id)
      return isKnown ? lines : [...lines, { kind: 'message', message: event.data }]
    }
    case 'gap':
      return [{ kind: 'gap', id: event.data.cursor }]
    case 'typing':
      return lines
  }
}

/** What goes on in a room, for as long as it is shown. There are no lines before it has been entered. */
export function useRoom(roomId: RoomId, me: string) {
  const [lines, setLines] = useState<readonly Line[]>()
  const [refusal, setRefusal] = useState<TidingsError>()
  const typing = useTyping(roomId, me)
  useEffect(() => {
    const room = client.room({ roomId }).state(next, { initial: [] })
    room.on('change', setLines)
    room.on('error', setRefusal)
    return () => room.close()
  }, [roomId])
  return { lines, refusal, typing }
}

/** The others who are typing in a room. A message of theirs ends it, and so does silence. */
function useTyping(roomId: RoomId, me: string): readonly string[] {
  const [typing, setTyping] = useState<readonly string[]>([])
  useEffect(() => {
    const timers = new Map<string, ReturnType<typeof setTimeout>>()
    const forget = (author: string) => {
      clearTimeout(timers.get(author))
      timers.delete(author)
      setTyping([...timers.keys()])
    }
    const stop = client.room({ roomId }).subscribe({
      typing: ({ author }) => {
        if (author === me) return
        clearTimeout(timers.get(author))
        timers.set(
          author,
          setTimeout(() => forget(author), typingMs),
        )
        setTyping([...timers.keys()])
      },
      message: ({ author }) => forget(author),
      error: () => {},
    })
    return () => {
      stop()
      for (const timer of timers.values()) clearTimeout(timer)
    }
  }, [roomId, me])
  return typing
}

import type { TopicEventOf } from '@tidings/client'
import type { TidingsError } from '@tidings/core'
import { useEffect, useState } from 'react'
import type { contract, Message, RoomId } from '../contract'
import { client } from './client'

/** How long an author counts as typing after a typing event, in milliseconds. */
const typingMs = 3_000

/** A line of the room: a message, or a note that messages are missing. */
export type Line =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'gap'; readonly id: string }

/** Returns the lines after an event. Events that are not lines leave them unchanged. */
function next(lines: readonly Line[], event: TopicEventOf<typeof contract.room>): readonly Line[] {
  switch (event.type) {
    case 'snapshot': {
      const gaps = lines.filter((line) => line.kind === 'gap').slice(-1)
      return [...gaps, ...event.data.messages.map((message): Line => ({ kind: 'message', message }))]
    }
    case 'message': {
      // The snapshot may contain a message that was sent while it was loaded.
      const isKnown = lines.some((line) => line.kind === 'message' && line.message.id === event.data.id)
      return isKnown ? lines : [...lines, { kind: 'message', message: event.data }]
    }
    case 'gap':
      return [{ kind: 'gap', id: event.data.cursor }]
    case 'typing':
      return lines
  }
}

/** Subscribes to a room while it is shown. Without lines until the room was entered. */
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

/** Returns the other authors who are typing. Each stops with a message, or after a while. */
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

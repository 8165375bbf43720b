import type { TidingsError } from '@tidings/core'
import { useEffect, useReducer, useState } from 'react'
import type { Message, RoomId } from '../contract'
import { client } from './client'

/** For how long somebody counts as typing after the last sign of it. */
const typingMs = 3_000

/** A line of the room: a message, or a note that some were missed. */
export type Line =
  | { readonly kind: 'message'; readonly message: Message }
  | { readonly kind: 'gap'; readonly id: string }

interface Room {
  readonly status: 'entering' | 'entered' | 'refused'
  readonly lines: readonly Line[]
  readonly problem?: TidingsError
}

type Change =
  | { readonly type: 'snapshot'; readonly messages: readonly Message[] }
  | { readonly type: 'message'; readonly message: Message }
  | { readonly type: 'gap'; readonly id: string }
  | { readonly type: 'refused'; readonly problem: TidingsError }

function change(room: Room, event: Change): Room {
  switch (event.type) {
    case 'snapshot': {
      const gaps = room.lines.filter((line) => line.kind === 'gap').slice(-1)
      const messages = event.messages.map((message): Line => ({ kind: 'message', message }))
      return { status: 'entered', lines: [...gaps, ...messages] }
    }
    case 'message': {
      // The snapshot may know of a message that was sent while it was taken.
      const isKnown = room.lines.some(
        (line) => line.kind === 'message' && line.message.id === event.message.id,
      )
      return isKnown ? room : { ...room, lines: [...room.lines, { kind: 'message', message: event.message }] }
    }
    case 'gap':
      return { ...room, lines: [{ kind: 'gap', id: event.id }] }
    case 'refused':
      return { status: 'refused', lines: [], problem: event.problem }
  }
}

/** What goes on in a room, for as long as it is shown. */
export function useRoom(roomId: RoomId, me: string) {
  const [room, dispatch] = useReducer(change, { status: 'entering', lines: [] })
  const typing = useTyping(roomId, me)
  useEffect(
    () =>
      client.room({ roomId }).subscribe({
        snapshot: ({ messages }) => dispatch({ type: 'snapshot', messages }),
        message: (message) => dispatch({ type: 'message', message }),
        gap: ({ cursor }) => dispatch({ type: 'gap', id: cursor }),
        error: (problem) => dispatch({ type: 'refused', problem }),
      }),
    [roomId],
  )
  return { ...room, typing }
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

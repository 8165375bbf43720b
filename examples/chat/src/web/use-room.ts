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

/** What a room shows. */
export interface Room {
  readonly lines: readonly Line[]
  /** The runs in which the bot is answering. */
  readonly answers: readonly string[]
}

/** Returns what the room shows after an event. */
function next(room: Room, event: TopicEventOf<typeof contract.room>): Room {
  // The snapshot may contain what was sent while it was loaded.
  const knows = (id: string) => room.lines.some((line) => line.kind === 'message' && line.message.id === id)
  const { lines, answers } = room
  switch (event.type) {
    case 'snapshot': {
      const gaps = lines.filter((line) => line.kind === 'gap').slice(-1)
      const messages = event.data.messages.map((message): Line => ({ kind: 'message', message }))
      return { lines: [...gaps, ...messages], answers: event.data.answers }
    }
    case 'message': {
      const message = event.data
      if (knows(message.id)) return room
      return {
        lines: [...lines, { kind: 'message', message }],
        answers: answers.filter((run) => run !== message.id),
      }
    }
    case 'answer': {
      const { run } = event.data
      return knows(run) || answers.includes(run) ? room : { lines, answers: [...answers, run] }
    }
    case 'gap':
      return { lines: [{ kind: 'gap', id: event.data.cursor }], answers }
    case 'typing':
      return room
  }
}

/** Subscribes to a room while it is shown. Without a room until it was entered. */
export function useRoom(roomId: RoomId, me: string) {
  const [room, setRoom] = useState<Room>()
  const [refusal, setRefusal] = useState<TidingsError>()
  const typing = useTyping(roomId, me)
  useEffect(() => {
    const state = client.room({ roomId }).state(next, { initial: { lines: [], answers: [] } })
    state.on('change', setRoom)
    state.on('error', setRefusal)
    return () => state.close()
  }, [roomId])
  return { room, refusal, typing }
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

import { useEvents } from '@tidings/client/react'
import { useState } from 'react'
import type { RoomId } from '../contract'
import { client } from './client'

/** How long an author counts as typing after a typing event, in milliseconds. */
const typingMs = 3_000

interface Typing {
  readonly author: string
  readonly since: number
}

/** Names the other authors who are typing. Each stops with a message, or after a while. */
export function TypingIndicator({ roomId, me }: { roomId: RoomId; me: string }) {
  const [typing, setTyping] = useState<readonly Typing[]>([])
  useEvents(client.room({ roomId }), {
    typing: ({ author }) => {
      if (author === me) return
      const now = { author, since: performance.now() }
      const isNow = (each: Typing) => each.author === author
      setTyping((all) => (all.some(isNow) ? all.map((each) => (isNow(each) ? now : each)) : [...all, now]))
      setTimeout(() => setTyping((all) => all.filter((each) => each !== now)), typingMs)
    },
    message: ({ author }) => setTyping((all) => all.filter((each) => each.author !== author)),
    // The room shows why it was refused.
    error: () => {},
  })
  return (
    <p className="typing" aria-live="polite">
      {typingText(typing.map(({ author }) => author))}
    </p>
  )
}

function typingText(names: readonly string[]): string {
  const [first, second, ...others] = names
  if (first === undefined) return ''
  if (second === undefined) return `${first} is typing…`
  if (others.length === 0) return `${first} and ${second} are typing…`
  return `${first}, ${second} and ${others.length} more are typing…`
}

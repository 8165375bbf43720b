'use client'

import type { RoomId } from '@tidings/example-chat/contract'
import { type FormEvent, useRef, useState } from 'react'
import { client } from '@/lib/client'

/** The shortest time between two typing events, in milliseconds. */
const typingEveryMs = 1_500

export function Composer({ roomId, name }: { roomId: RoomId; name: string }) {
  const [text, setText] = useState('')
  const [refusal, setRefusal] = useState('')
  const sentTypingAt = useRef(0)

  const send = async (event: FormEvent) => {
    event.preventDefault()
    try {
      await client.send({ roomId, author: name, text })
      // The author may have gone on writing: the message may arrive before the answer to the command.
      setText((now) => (now === text ? '' : now))
      setRefusal('')
      sentTypingAt.current = 0
    } catch (error) {
      setRefusal(refusalOf(error))
    }
  }
  const change = (next: string) => {
    setText(next)
    if (name === '' || Date.now() - sentTypingAt.current < typingEveryMs) return
    sentTypingAt.current = Date.now()
    // A lost typing event does no harm.
    client.typing({ roomId, author: name }).catch(() => {})
  }

  return (
    <form onSubmit={send}>
      {refusal !== '' && <p role="alert">{refusal}</p>}
      <input
        aria-label="Message"
        placeholder="Write a message"
        value={text}
        maxLength={2_000}
        onChange={(event) => change(event.target.value)}
      />
      <button type="submit" disabled={name.trim() === '' || text.trim() === ''}>
        Send
      </button>
    </form>
  )
}

function refusalOf(error: unknown): string {
  if (client.send.isError(error) && error.code === 'muted') {
    return `That looked like spam. You can write again at ${error.data.until.toLocaleTimeString()}.`
  }
  return `The message was not sent: ${error instanceof Error ? error.message : String(error)}`
}

import { useCommand } from '@tidings/client/react'
import type { FailureOf } from '@tidings/core'
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react'
import type { contract, RoomId } from '../contract'
import { client } from './client'

/** The shortest time between two typing events, in milliseconds. */
const typingEveryMs = 1_500

export function Composer({ roomId, name }: { roomId: RoomId; name: string }) {
  const [text, setText] = useState('')
  const { call, isPending, error } = useCommand(client.send)
  const sentTypingAt = useRef(0)
  const field = useRef<HTMLTextAreaElement>(null)

  const send = async () => {
    if (text.trim() === '' || isPending) return
    try {
      await call({ roomId, author: name, text })
      // Text that was typed meanwhile stays.
      setText((now) => (now === text ? '' : now))
      sentTypingAt.current = 0
    } catch {
      // The error is shown.
    } finally {
      field.current?.focus()
    }
  }
  const submit = (event: FormEvent) => {
    event.preventDefault()
    void send()
  }
  const keyDown = (event: KeyboardEvent) => {
    // An Enter that ends the composition of a character does not send the message.
    if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return
    event.preventDefault()
    void send()
  }
  const change = (next: string) => {
    setText(next)
    const now = Date.now()
    if (next === '' || now - sentTypingAt.current < typingEveryMs) return
    sentTypingAt.current = now
    // A lost typing event does no harm.
    client.typing({ roomId, author: name }).catch(() => {})
  }

  return (
    <form className="composer" onSubmit={submit}>
      {error && (
        <p className="refusal" role="alert">
          {refusalOf(error)}
        </p>
      )}
      <div className="composer-row">
        <label className="visually-hidden" htmlFor="text">
          Message
        </label>
        <textarea
          id="text"
          ref={field}
          rows={1}
          value={text}
          maxLength={2_000}
          placeholder="Write a message"
          onChange={(event) => change(event.target.value)}
          onKeyDown={keyDown}
        />
        <button type="submit" disabled={text.trim() === '' || isPending}>
          Send
        </button>
      </div>
    </form>
  )
}

/** Explains to the author why a message was refused. */
function refusalOf(error: FailureOf<typeof contract.send>): string {
  if (error.code === 'muted') {
    const until = error.data.until.toLocaleTimeString([], {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    return `That looked like spam. You can write again at ${until}.`
  }
  if (error.code === 'network') return 'The server could not be reached. Try again.'
  return `The message was not sent: ${error.message}`
}

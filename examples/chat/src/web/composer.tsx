import { isTidingsError } from '@tidings/core'
import { type FormEvent, type KeyboardEvent, useRef, useState } from 'react'
import type { RoomId } from '../contract'
import { client } from './client'

/** The shortest time between two typing events, in milliseconds. */
const typingEveryMs = 1_500

export function Composer({ roomId, name }: { roomId: RoomId; name: string }) {
  const [text, setText] = useState('')
  const [isSending, setIsSending] = useState(false)
  const [refusal, setRefusal] = useState('')
  const sentTypingAt = useRef(0)
  const field = useRef<HTMLTextAreaElement>(null)

  const send = async () => {
    if (text.trim() === '' || isSending) return
    setIsSending(true)
    try {
      await client.send({ roomId, author: name, text })
      // Text that was typed meanwhile stays.
      setText((now) => (now === text ? '' : now))
      setRefusal('')
      sentTypingAt.current = 0
    } catch (error) {
      setRefusal(refusalOf(error))
    } finally {
      setIsSending(false)
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
      {refusal !== '' && (
        <p className="refusal" role="alert">
          {refusal}
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
        <button type="submit" disabled={text.trim() === '' || isSending}>
          Send
        </button>
      </div>
    </form>
  )
}

/** Explains to the author why a message was refused. */
function refusalOf(error: unknown): string {
  if (client.send.isError(error) && error.code === 'muted') {
    const until = error.data.until.toLocaleTimeString([], {
      hour: '2-digit',
      minute: '2-digit',
      second: '2-digit',
    })
    return `That looked like spam. You can write again at ${until}.`
  }
  if (isTidingsError(error) && error.code === 'network') return 'The server could not be reached. Try again.'
  return `The message was not sent: ${error instanceof Error ? error.message : String(error)}`
}

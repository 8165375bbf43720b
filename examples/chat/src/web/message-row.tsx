import type { ReactNode } from 'react'
import type { Message } from '../contract'
import { Avatar } from './avatar'

interface RowProps {
  author: string
  isMine?: boolean
  /** Whether the author's name stands above it. */
  isFirst?: boolean
  /** Stands beside the author's name. */
  about: ReactNode
  text: ReactNode
  cut: Message['cut']
}

/** A message, or an answer on its way to become one. */
export function Row({ author, isMine = false, isFirst = true, about, text, cut }: RowProps) {
  return (
    <article className="message" data-mine={isMine} data-first={isFirst}>
      {isFirst && !isMine && <Avatar name={author} />}
      <div className="message-body">
        {isFirst && (
          <header>
            <strong>{isMine ? 'You' : author}</strong>
            {about}
          </header>
        )}
        {text}
        {cut && (
          <footer>{cut === 'stopped' ? 'The answer was stopped' : 'The answer broke off. Ask again'}</footer>
        )}
      </div>
    </article>
  )
}

interface MessageRowProps extends Pick<RowProps, 'isMine' | 'isFirst'> {
  message: Message
}

export function MessageRow({ message: { author, text, sentAt, cut, node }, ...how }: MessageRowProps) {
  const about = (
    <>
      <time dateTime={sentAt.toISOString()}>
        {sentAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
      </time>
      {node && <span className="node">{node}</span>}
    </>
  )
  return <Row author={author} about={about} text={text !== '' && <p>{text}</p>} cut={cut} {...how} />
}

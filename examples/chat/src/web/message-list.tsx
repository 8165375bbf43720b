import { useLayoutEffect, useRef } from 'react'
import type { Message } from '../contract'
import { Avatar } from './avatar'
import type { Line } from './use-room'

interface MessageListProps {
  /** Undefined before the room was entered. */
  lines: readonly Line[] | undefined
  me: string
}

/** Consecutive messages of one author and node within this time are grouped, in milliseconds. */
const togetherMs = 5 * 60_000

export function MessageList({ lines, me }: MessageListProps) {
  const list = useRef<HTMLDivElement>(null)
  const isAtEnd = useRef(true)

  // biome-ignore lint/correctness/useExhaustiveDependencies: the lines make the list longer.
  useLayoutEffect(() => followNewest(list.current, isAtEnd.current), [lines])
  useLayoutEffect(() => {
    const observer = new ResizeObserver(() => followNewest(list.current, isAtEnd.current))
    if (list.current) observer.observe(list.current)
    return () => observer.disconnect()
  }, [])

  return (
    <div
      className="messages"
      ref={list}
      role="log"
      aria-label="Messages"
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        isAtEnd.current = scrollHeight - scrollTop - clientHeight < 60
      }}
    >
      {!lines?.length && (
        <div className="empty">
          <strong>{lines ? 'Nothing here yet' : 'Entering…'}</strong>
          {lines && <p>Be the first to write something.</p>}
        </div>
      )}
      {lines?.map((line, at) =>
        line.kind === 'gap' ? (
          <p className="gap" key={line.id}>
            You were away: some messages may be missing above
          </p>
        ) : (
          <MessageRow
            key={line.message.id}
            message={line.message}
            isMine={line.message.author === me}
            isFirst={!standsWith(lines[at - 1], line.message)}
          />
        ),
      )}
    </div>
  )
}

/** Scrolls to the newest message, unless the reader has scrolled back. */
function followNewest(list: HTMLElement | null, isAtEnd: boolean): void {
  if (isAtEnd) list?.scrollTo({ top: list.scrollHeight })
}

function standsWith(before: Line | undefined, message: Message): boolean {
  return (
    before?.kind === 'message' &&
    before.message.author === message.author &&
    before.message.node === message.node &&
    message.sentAt.getTime() - before.message.sentAt.getTime() < togetherMs
  )
}

function MessageRow({ message, isMine, isFirst }: { message: Message; isMine: boolean; isFirst: boolean }) {
  const { author, text, sentAt, node } = message
  return (
    <article className="message" data-mine={isMine} data-first={isFirst}>
      {isFirst && !isMine && <Avatar name={author} />}
      <div className="message-body">
        {isFirst && (
          <header>
            <strong>{isMine ? 'You' : author}</strong>
            <time dateTime={sentAt.toISOString()}>
              {sentAt.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit' })}
            </time>
            {node && <span className="node">{node}</span>}
          </header>
        )}
        <p>{text}</p>
      </div>
    </article>
  )
}

import { useLayoutEffect, useRef } from 'react'
import type { Message } from '../contract'
import { Answer } from './answer'
import { MessageRow } from './message-row'
import type { Line, Room } from './room'

interface MessageListProps {
  room: Room
  /** Whether the room's messages have come. */
  isEntered: boolean
  me: string
}

/** Consecutive messages of one author and node within this time are grouped, in milliseconds. */
const togetherMs = 5 * 60_000

export function MessageList({ room: { lines, answers }, isEntered, me }: MessageListProps) {
  const list = useRef<HTMLDivElement>(null)
  const content = useRef<HTMLDivElement>(null)
  const scrolled = useRef({ isAtEnd: true, top: 0 })

  useLayoutEffect(() => {
    // Follows the newest line as messages arrive and answers grow, unless the reader has scrolled back.
    const observer = new ResizeObserver(() => {
      if (scrolled.current.isAtEnd) list.current?.scrollTo({ top: list.current.scrollHeight })
    })
    for (const { current } of [list, content]) if (current) observer.observe(current)
    return () => observer.disconnect()
  }, [])

  return (
    <div
      className="messages"
      ref={list}
      onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
        const { isAtEnd, top } = scrolled.current
        // The content may have grown since it was scrolled to its end, so only a scroll back counts.
        const isNear = scrollHeight - scrollTop - clientHeight < 60
        scrolled.current = { isAtEnd: isNear || (isAtEnd && scrollTop >= top), top: scrollTop }
      }}
    >
      <div className="messages-content" ref={content} role="log" aria-label="Messages">
        {lines.length + answers.length === 0 && (
          <div className="empty">
            <strong>{isEntered ? 'Nothing here yet' : 'Entering…'}</strong>
            {isEntered && <p>Write something, or ask the bot: @bot hello</p>}
          </div>
        )}
        {lines.map((line, at) =>
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
        {answers.map((run) => (
          <Answer key={run} run={run} />
        ))}
      </div>
    </div>
  )
}

function standsWith(before: Line | undefined, message: Message): boolean {
  return (
    before?.kind === 'message' &&
    before.message.author === message.author &&
    before.message.node === message.node &&
    message.sentAt.getTime() - before.message.sentAt.getTime() < togetherMs
  )
}

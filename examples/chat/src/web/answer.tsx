import type { RunOf } from '@tidings/client'
import { useEffect, useRef, useState } from 'react'
import type { contract, Message } from '../contract'
import { client } from './client'
import { Row } from './message-row'

/** An answer that the bot is writing: the run, from its first token. */
export function Answer({ run: id }: { run: string }) {
  const { text, isWriting, cut, stop } = useAnswer(id)
  const about = isWriting && (
    <button type="button" className="quiet" onClick={stop}>
      Stop
    </button>
  )
  // Screen readers announce the message that it becomes, not each token.
  const body = (text !== '' || isWriting) && (
    <p data-writing={isWriting} aria-live="off">
      {text}
    </p>
  )
  return <Row author="bot" about={about} text={body} cut={cut} />
}

interface AnswerState {
  readonly text: string
  readonly isWriting: boolean
  readonly cut: Message['cut']
}

function useAnswer(id: string) {
  const run = useRef<RunOf<typeof contract.complete>>(null)
  const [answer, setAnswer] = useState<AnswerState>({ text: '', isWriting: true, cut: undefined })
  useEffect(() => {
    run.current = client.complete.attach(id)
    const state = run.current.state((text, token) => text + token.data, { initial: '' })
    state.on('change', () => {
      const { value: text, status, error } = state
      const cut = status !== 'failed' ? undefined : error?.code === 'cancelled' ? 'stopped' : 'failed'
      setAnswer({ text, isWriting: status === 'running', cut })
    })
    return () => state.close()
  }, [id])
  // If it fails, the button is still there.
  return { ...answer, stop: () => void run.current?.cancel().catch(() => {}) }
}

import { useRun } from '@tidings/client/react'
import { client } from './client'
import { Row } from './message-row'

/** An answer that the bot is writing: the run, from its first token. */
export function Answer({ run: id }: { run: string }) {
  const { events, status, error, cancel } = useRun(client.complete, { id })
  const text = events.map(({ data }) => data).join('')
  const isWriting = status === 'running'
  const cut = error && (error.code === 'cancelled' ? 'stopped' : 'failed')
  const about = isWriting && (
    <button type="button" className="quiet" onClick={cancel}>
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

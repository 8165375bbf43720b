import type { CommandDocument } from '@tidings/core/describe'
import { useEffect, useRef, useState } from 'react'
import { useSession } from '../session.js'
import { commandOf } from '../untyped-client.js'
import { asTidingsError } from './as-tidings-error.js'
import { CallHistory } from './call-history.js'
import { durationText } from './duration.js'
import { ErrorView } from './error-view.js'
import { type Outcome, remember } from './history.js'
import { InputForm, useInputForm } from './input-form.js'
import { Payload } from './payload.js'
import './calls.css'

interface Result {
  readonly outcome: Outcome
  readonly ms: number
}

/** Sends a command, and shows its output or why it failed. */
export function CommandPanel({
  path,
  procedure,
}: {
  readonly path: string
  readonly procedure: CommandDocument
}) {
  const { client } = useSession()
  const form = useInputForm(path, procedure)
  const [result, setResult] = useState<Result>()
  const sending = useRef<AbortController>(undefined)
  const [isSending, setIsSending] = useState(false)

  useEffect(() => () => sending.current?.abort(), [])

  const send = async () => {
    if (isSending || !form.isValid) return
    const abort = new AbortController()
    sending.current = abort
    setIsSending(true)
    const input = procedure.input ? form.value : undefined
    const begin = performance.now()
    const outcome = await call(path, input, abort.signal)
    const ms = performance.now() - begin
    setIsSending(false)
    setResult({ outcome, ms })
    remember({ path, input, outcome, at: new Date(), ms })
    if (outcome.status === 'failed' && outcome.error.code === 'invalid_input') {
      form.setServerIssues(outcome.error.issues ?? [])
    }
  }

  const call = async (name: string, input: unknown, signal: AbortSignal): Promise<Outcome> => {
    try {
      const command = commandOf(client, name)
      const output = await (procedure.input ? command(input, { signal }) : command({ signal }))
      return { status: 'done', output }
    } catch (error) {
      return signal.aborted ? { status: 'aborted' } : { status: 'failed', error: asTidingsError(error) }
    }
  }

  return (
    <>
      <InputForm form={form} path={path} procedure={procedure} onSubmit={() => void send()}>
        {isSending ? (
          <button type="button" className="primary" onClick={() => sending.current?.abort()}>
            Stop waiting
          </button>
        ) : (
          <button type="submit" className="primary" title="Ctrl+Enter">
            Send
          </button>
        )}
      </InputForm>
      <section className="result" aria-label="Result" aria-live="polite" aria-busy={isSending}>
        {result && <ResultView {...result} procedure={procedure} isOld={isSending} />}
      </section>
      <CallHistory path={path} onChoose={form.reset} />
    </>
  )
}

function ResultView({
  outcome,
  ms,
  procedure,
  isOld,
}: Result & { readonly procedure: CommandDocument; readonly isOld: boolean }) {
  return (
    <div className={isOld ? 'result-old' : undefined}>
      <p className="result-head">
        <StatusTag outcome={outcome} /> <span className="quiet-text">{durationText(ms)}</span>
      </p>
      {outcome.status === 'failed' && <ErrorView error={outcome.error} procedure={procedure} />}
      {outcome.status === 'aborted' && <p>The server may have run the command nevertheless.</p>}
      {outcome.status === 'done' && outcome.output !== undefined && (
        <Payload value={outcome.output} label="Output" />
      )}
    </div>
  )
}

function StatusTag({ outcome }: { readonly outcome: Outcome }) {
  switch (outcome.status) {
    case 'done':
      return <span className="tag tag-success">{outcome.output === undefined ? '204 done' : '200 done'}</span>
    case 'failed':
      return <span className="tag tag-danger">{outcome.error.status || 'no answer'}</span>
    case 'aborted':
      return <span className="tag">not waited for</span>
  }
}

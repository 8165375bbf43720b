import type { StreamDocument } from '@tidings/core/describe'
import { useId, useState } from 'react'
import { useSession } from '../session.js'
import { streamOf } from '../untyped-client.js'
import { asTidingsError } from './as-tidings-error.js'
import { InputForm, useInputForm } from './input-form.js'
import { RunCard } from './run-card.js'
import { RunFeed } from './run-feed.js'
import { addRun, removeRun, useRuns } from './run-list.js'
import './calls.css'

/** Starts runs of a stream, attaches to them by their ids, and shows what they yield. */
export function RunPanel({ path, procedure }: { readonly path: string; readonly procedure: StreamDocument }) {
  const { client } = useSession()
  const form = useInputForm(path, procedure)
  const runs = useRuns(path)
  const stream = streamOf(client, path)

  const start = () => {
    if (!form.isValid) return
    addRun(
      path,
      new RunFeed((signal) => (procedure.input ? stream(form.value, { signal }) : stream({ signal }))),
    )
  }

  return (
    <>
      <InputForm form={form} path={path} procedure={procedure} onSubmit={start}>
        <button type="submit" className="primary" title="Ctrl+Enter">
          Start
        </button>
      </InputForm>
      <AttachForm onAttach={(id) => addRun(path, new RunFeed((signal) => stream.attach(id, { signal })))} />
      {runs.map((run) => (
        <RunCard
          key={`${run.id} ${run.startedAt.getTime()}`}
          path={path}
          run={run}
          procedure={procedure}
          onRemove={() => removeRun(path, run)}
          onIssues={form.setServerIssues}
        />
      ))}
    </>
  )
}

/** Takes the id of a run that was started elsewhere. */
function AttachForm({ onAttach }: { onAttach(id: string): void }) {
  const id = useId()
  const [text, setText] = useState('')
  const [mistake, setMistake] = useState<string>()
  return (
    <form
      className="attach"
      onSubmit={(event) => {
        event.preventDefault()
        try {
          onAttach(text.trim())
          setMistake(undefined)
          setText('')
        } catch (error) {
          setMistake(asTidingsError(error).message)
        }
      }}
    >
      <label htmlFor={id}>Attach to a run by its id</label>
      <div className="field-with-button">
        <input
          id={id}
          className="mono"
          autoComplete="off"
          spellCheck={false}
          value={text}
          aria-invalid={mistake !== undefined || undefined}
          aria-describedby={`${id}-mistake`}
          onChange={({ target }) => setText(target.value)}
        />
        <button type="submit" disabled={text.trim() === ''}>
          Attach
        </button>
      </div>
      <p id={`${id}-mistake`} className="field-issue" hidden={mistake === undefined}>
        {mistake}
      </p>
    </form>
  )
}

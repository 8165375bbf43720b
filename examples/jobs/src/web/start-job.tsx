import { useRun } from '@tidings/client/react'
import { type Job, jobKinds } from '../contract'
import { client } from './client'
import { failureText, kindTexts } from './texts'

/** The buttons that start jobs. A job that has started is shown by the list, in this page as in every other. */
export function StartJob({ listed }: { listed: readonly Job[] }) {
  const { start, id, error } = useRun(client.work)
  const isRefused = error !== undefined && !listed.some((job) => job.id === id)
  return (
    <section aria-labelledby="start-title">
      <h2 id="start-title">Start a job</h2>
      <div className="kinds">
        {jobKinds.map((kind) => (
          <button type="button" key={kind} onClick={() => start({ kind })}>
            <strong>{kindTexts[kind].title}</strong>
            <span className="muted">{kindTexts[kind].about}</span>
          </button>
        ))}
      </div>
      {isRefused && (
        <p role="alert" className="refusal">
          {failureText(error)}
        </p>
      )}
    </section>
  )
}

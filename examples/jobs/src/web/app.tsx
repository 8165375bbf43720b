import { useEvents, useTopic } from '@tidings/client/react'
import { useState } from 'react'
import { client } from './client'
import { Connection } from './connection'
import { fold } from './fold'
import { JobRow } from './job-row'
import { StartJob } from './start-job'
import { failureText, kindTexts, stateTexts } from './texts'
import { Windows } from './windows'

export function App() {
  const list = client.jobs()
  const { value, error } = useTopic(list, fold)
  const jobs = value?.jobs ?? []
  return (
    <>
      <header>
        <h1>Jobs</h1>
        <Connection />
      </header>
      <main>
        <StartJob listed={jobs} />
        {error && (
          <p role="alert" className="refusal">
            {failureText(error)}
          </p>
        )}
        <section aria-labelledby="list-title">
          <h2 id="list-title">
            All jobs <span className="muted">{value && summaryOf(jobs)}</span>
          </h2>
          {value && jobs.length === 0 && <p className="empty">No job yet. Start one above.</p>}
          <ul className="jobs">
            {jobs.toReversed().map((job) => (
              <JobRow key={job.id} job={job} />
            ))}
          </ul>
        </section>
        <Announcement />
      </main>
      <Windows />
    </>
  )
}

function summaryOf(jobs: readonly { state: string }[]): string {
  const count = (...states: string[]) => jobs.filter(({ state }) => states.includes(state)).length
  return [
    `${count('running')} running`,
    `${count('waiting')} waiting`,
    `${count('done', 'failed', 'cancelled')} ended`,
  ].join(' · ')
}

/** Tells screen readers when a job has ended. The bars are silent. */
function Announcement() {
  const [text, setText] = useState('')
  useEvents(client.jobs(), {
    changed: ({ kind, state }) => {
      if (state !== 'waiting' && state !== 'running')
        setText(`${kindTexts[kind].title}: ${stateTexts[state]}`)
    },
  })
  return (
    <p role="status" aria-label="Last change" className="visually-hidden">
      {text}
    </p>
  )
}

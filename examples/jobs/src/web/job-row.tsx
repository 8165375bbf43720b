import type { Job } from '../contract'
import { useJobProgress } from './job-progress'
import { kindTexts, stateTexts } from './texts'

export function JobRow({ job }: { job: Job }) {
  const { state, share, detail, cancel } = useJobProgress(job)
  const [titleId, timeId] = [`title-${job.id}`, `time-${job.id}`]
  const name = `${titleId} ${timeId}`
  return (
    // Focused when its button is pressed and goes: the next Tab continues from here.
    <li className="job" data-state={state} aria-labelledby={name} tabIndex={-1}>
      <div className="job-head">
        <h3 id={titleId}>{kindTexts[job.kind].title}</h3>
        <time id={timeId} dateTime={job.createdAt.toISOString()}>
          {job.createdAt.toLocaleTimeString([], { timeStyle: 'short' })}
        </time>
        <span className="state">{stateTexts[state]}</span>
      </div>
      <div className="job-bar">
        <progress aria-labelledby={name} value={share} />
        <span className="share">{Math.floor(share * 100)} %</span>
        {(state === 'waiting' || state === 'running') && (
          <button
            type="button"
            aria-describedby={name}
            onClick={({ currentTarget }) => {
              currentTarget.closest('li')?.focus()
              cancel()
            }}
          >
            Cancel
          </button>
        )}
      </div>
      <p className="detail">{detail}</p>
    </li>
  )
}

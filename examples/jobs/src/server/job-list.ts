import type { Job } from '../contract'

/** What a list of jobs reports, to be emitted. */
export interface JobListCallbacks {
  onChanged(job: Job): void
  onRemoved(id: string): void
}

export interface JobListOptions {
  /** How many jobs that have ended are listed. */
  readonly ended: number
  /** Milliseconds a job is listed after its end. */
  readonly keepMs: number
}

/** The jobs of this server, oldest first, in memory. With a database, they would be a table. */
export class JobList {
  readonly #options: JobListOptions
  readonly #jobs = new Map<string, Job>()
  /** The jobs that have ended, in the order in which they did, and the timers that remove them. */
  readonly #ended = new Map<string, NodeJS.Timeout>()

  constructor(options: JobListOptions) {
    this.#options = options
  }

  get all(): Job[] {
    return [...this.#jobs.values()]
  }

  /** Adds a job, or replaces the job of that id. */
  set(job: Job, callbacks: JobListCallbacks): void {
    this.#jobs.set(job.id, job)
    callbacks.onChanged(job)
    if (job.state === 'waiting' || job.state === 'running') return
    const remove = (id: string) => {
      clearTimeout(this.#ended.get(id))
      this.#ended.delete(id)
      this.#jobs.delete(id)
      callbacks.onRemoved(id)
    }
    // The timer does not keep the process running.
    this.#ended.set(job.id, setTimeout(() => remove(job.id), this.#options.keepMs).unref())
    const [oldest] = this.#ended.keys()
    if (oldest !== undefined && this.#ended.size > this.#options.ended) remove(oldest)
  }
}

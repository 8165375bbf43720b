export interface Settings {
  /** How many jobs run at a time. */
  readonly workers: number
  /** How long a batch of a job takes, as a multiple of its usual time. */
  readonly pace: number
}

/** Reads the settings from the environment. */
export function settingsOf(env: NodeJS.ProcessEnv): Settings {
  const { WORKERS: workers = '2', PACE: pace = '1' } = env
  if (!/^[1-9]\d?$/.test(workers)) {
    throw new Error(
      `WORKERS is ${workers}. Set it to the number of jobs that may run at a time, from 1 to 99`,
    )
  }
  if (!/^\d{1,3}(\.\d+)?$/.test(pace)) {
    throw new Error(`PACE is ${pace}. Set it to a number: with 2, jobs take twice as long`)
  }
  return { workers: Number(workers), pace: Number(pace) }
}

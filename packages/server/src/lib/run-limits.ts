/** The maximum numbers of runs that go on or are kept, and the size of all their logs in characters. */
export interface RunLimits {
  readonly runs: number
  readonly runsPerAddress: number
  readonly runsPerPrincipal: number
  readonly runBytes: number
}

/** Where and why a schema cannot travel as JSON, and what to write instead. */
export interface Obstacle {
  /** From the schema asked about to the one that stands in the way: `.sentAt`, `[]`, `.tags[]`. */
  readonly path: string
  readonly problem: string
  readonly remedy: string
}

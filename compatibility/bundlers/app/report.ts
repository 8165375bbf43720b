/** What the page has received, and which scripts it had loaded. */
export interface Report {
  readonly received: readonly unknown[]
  readonly scripts: readonly string[]
  readonly receivedShared: readonly unknown[]
  /** The scripts that were loaded only when the connection was shared. */
  readonly scriptsToShare: readonly string[]
  /** Whether the client shared its connection: without the code for it, a client falls back to one of its own. */
  readonly isShared: boolean
}

import type { Bus } from '../../../src/index.js'

/** What joins the nodes of a history of runs. */
export interface RunJoint {
  /** A member of the bus, for a node. */
  connect(node: number): Bus
  /** Cuts a node off from the bus, as if it had died, until it {@link rejoin}s. */
  isolate(node: number): void
  /** Has every node reach the bus again, where what was on its way may arrive late. */
  rejoin(): void
  /** Loses all that was kept. */
  lose(): void
  /** Works as it should from now on. */
  heal(): void
}

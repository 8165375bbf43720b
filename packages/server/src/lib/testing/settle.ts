import { afterTurn } from '../runtime/after-turn.js'

/** How many turns of the event loop what happens in a process may take, from an emit to the client's next request. */
const enough = 6

/** Waits until what has begun in this process has come as far as it can without a timer. */
export async function settle(): Promise<void> {
  for (let count = 0; count < enough; count += 1) await new Promise<void>(afterTurn)
}

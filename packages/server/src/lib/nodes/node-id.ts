import { randomName } from '../runtime/random.js'

/** Returns a new random name for a node, or for a process where there is no bus. */
export function newNodeId(): string {
  return randomName(8)
}

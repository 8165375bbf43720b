import { randomBytes } from 'node:crypto'

/** Returns a new random name for a node, or for a process where there is no bus. */
export function newNodeId(): string {
  return randomBytes(6).toString('base64url')
}

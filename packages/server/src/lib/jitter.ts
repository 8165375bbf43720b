/** Returns a random time between 0.5 and 1.5 times the given one, so that many clients do not return at once. */
export function jittered(ms: number): number {
  return ms * (0.5 + Math.random())
}

/** About so long: between half and one and a half of it, so that many who wait do not come back together. */
export function jittered(ms: number): number {
  return ms * (0.5 + Math.random())
}

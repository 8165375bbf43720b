/** Returns the name that a mistyped one most likely means, if one is near. */
export function closest(mistyped: string, names: Iterable<string>): string | undefined {
  const bound = Math.max(1, Math.floor(mistyped.length / 2.5))
  let best: { readonly name: string; readonly distance: number } | undefined
  for (const name of names) {
    const distance =
      mistyped.length > 2 && name.startsWith(mistyped)
        ? 1
        : editDistance(mistyped.toLowerCase(), name.toLowerCase())
    if (distance <= bound && (!best || distance < best.distance)) best = { name, distance }
  }
  return best?.name
}

/** Returns ` Did you mean …?`, or nothing if no name is near. */
export function suggestion(mistyped: string, names: Iterable<string>, prefix = ''): string {
  const name = closest(mistyped, names)
  return name === undefined ? '' : `. Did you mean ${prefix}${name}?`
}

/** Counts the letters to insert, remove, replace, or swap with the next one. */
function editDistance(from: string, to: string): number {
  let beforeLast: readonly number[] = []
  let last: readonly number[] = Array.from({ length: to.length + 1 }, (_, index) => index)
  for (let row = 1; row <= from.length; row++) {
    const current = [row]
    for (let column = 1; column <= to.length; column++) {
      const isSame = from[row - 1] === to[column - 1]
      let distance = Math.min(
        (last[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (last[column - 1] ?? 0) + (isSame ? 0 : 1),
      )
      if (row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1]) {
        distance = Math.min(distance, (beforeLast[column - 2] ?? 0) + 1)
      }
      current.push(distance)
    }
    beforeLast = last
    last = current
  }
  return last[to.length] ?? 0
}

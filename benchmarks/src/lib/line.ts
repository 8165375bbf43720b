/** A straight line. */
export interface Line {
  readonly slope: number
  at(x: number): number
}

/** Returns the least-squares line through some points. */
export function lineThrough(points: readonly (readonly [x: number, y: number])[]): Line {
  const mean = (pick: (point: readonly [number, number]) => number) =>
    points.reduce((total, point) => total + pick(point), 0) / points.length
  const meanX = mean(([x]) => x)
  const meanY = mean(([, y]) => y)
  const slope = mean(([x, y]) => (x - meanX) * (y - meanY)) / mean(([x]) => (x - meanX) ** 2)
  return { slope, at: (x) => meanY + slope * (x - meanX) }
}

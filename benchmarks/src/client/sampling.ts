/** Samples every allocation, garbage included, in Node and in Chromium alike. Memory outside of the heap is not counted. */
export const samplingOptions = {
  samplingInterval: 16_384,
  includeObjectsCollectedByMajorGC: true,
  includeObjectsCollectedByMinorGC: true,
}

interface SampledNode {
  readonly selfSize: number
  readonly children: readonly SampledNode[]
}

/** Returns the bytes of a sampled profile. */
export function allocatedBytes({ head }: { readonly head: SampledNode }): number {
  const sum = ({ selfSize, children }: SampledNode): number =>
    children.reduce((total, child) => total + sum(child), selfSize)
  return sum(head)
}

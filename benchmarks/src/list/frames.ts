export interface Watched {
  /** Milliseconds from each frame to the next. */
  readonly intervals: readonly number[]
  /** Tasks of more than 50 ms: when they began, in milliseconds after the start, and how long they took. */
  readonly longTasks: readonly { readonly at: number; readonly ms: number }[]
}

/** Watches the frames and long tasks of the page for a time. */
export async function watchFrames(ms: number): Promise<Watched> {
  const start = performance.now()
  const intervals: number[] = []
  const longTasks: { at: number; ms: number }[] = []
  const observer = new PerformanceObserver((entries) => {
    for (const { startTime, duration } of entries.getEntries())
      longTasks.push({ at: startTime - start, ms: duration })
  })
  observer.observe({ type: 'longtask' })
  await new Promise<void>((resolve) => {
    let last = start
    const onFrame = (now: number) => {
      intervals.push(now - last)
      last = now
      if (now - start < ms) requestAnimationFrame(onFrame)
      else resolve()
    }
    requestAnimationFrame(onFrame)
  })
  observer.disconnect()
  return { intervals: intervals.slice(1), longTasks }
}

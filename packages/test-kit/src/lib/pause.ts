/** Waits for a time: to pace a load, or to show that nothing happens. For anything that does happen there is `until`. */
export const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface Settings {
  readonly changesPerSecond: number
  readonly seed: number
  readonly slowBytesPerSecond: number
}

/** Reads the settings of the market from the environment. */
export function settingsOf(env: NodeJS.ProcessEnv): Settings {
  return {
    changesPerSecond: wholeNumber(env, 'CHANGES', 4_000, 1, 50_000),
    seed: wholeNumber(env, 'SEED', 1, 0, 4_294_967_295),
    slowBytesPerSecond: wholeNumber(env, 'SLOW_BYTES', 24_000, 1_000, 10_000_000),
  }
}

function wholeNumber(
  env: NodeJS.ProcessEnv,
  name: string,
  usual: number,
  least: number,
  most: number,
): number {
  const given = env[name]
  if (given === undefined || given === '') return usual
  const value = Number(given)
  if (Number.isInteger(value) && value >= least && value <= most) return value
  throw new Error(`${name} is ${given}. Set a whole number from ${least} to ${most}`)
}

import { kindOf } from './validate-options.js'

/**
 * Returns what the option `principal` returned, which limits and ownership compare as text.
 *
 * @throws Error for anything but a string or undefined
 */
export function requirePrincipal(returned: unknown): string | undefined {
  if (returned === undefined || typeof returned === 'string') return returned
  const isPromise = typeof (returned as { then?: unknown } | null)?.then === 'function'
  // Handled, because an unhandled rejection would end the process.
  if (isPromise) Promise.resolve(returned).catch(() => {})
  const what = isPromise ? 'a promise' : kindOf(returned)
  const advice = isPromise ? '. Await it in `context`, and return its value from `principal`' : ''
  throw new Error(`principal returned ${what}. Return a string, or undefined for an unknown caller${advice}`)
}

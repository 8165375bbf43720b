/** The parts of a response that tell whether a server of Tidings answered. */
export interface HealthAnswer {
  readonly status: number
  readonly text: string
}

/** Returns whether a server is ready, or undefined if the response is not the `$health` of a server. */
export function healthOf({ status, text }: HealthAnswer): { ready: boolean } | undefined {
  if (status !== 200 && status !== 503) return undefined
  try {
    const { live, ready } = JSON.parse(text) as { live?: unknown; ready?: unknown }
    return live === true && typeof ready === 'boolean' ? { ready } : undefined
  } catch {
    return undefined
  }
}

/**
 * Looks for a server at the paths where servers are mostly mounted.
 *
 * @param url the URL at which no server is mounted
 * @param ask requests `$health` of a path
 * @returns the URL of its mount
 */
export async function findMount(
  { origin, pathname }: URL,
  ask: (mount: string) => Promise<HealthAnswer>,
): Promise<string | undefined> {
  const path = pathname.replace(/\/+$/, '')
  for (const mount of new Set(['/events', `${path}/events`, ''])) {
    if (mount === path) continue
    const answer = await ask(mount).catch(() => undefined)
    if (answer && healthOf(answer)) return `${origin}${mount}`
  }
  return undefined
}

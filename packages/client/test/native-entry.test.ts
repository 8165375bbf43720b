import { afterAll, beforeEach, expect, type RunnerTask, vi } from 'vitest'

/** The tests of the default entry that do not hold for an EventSource, by what it cannot do. */
const exceptions: Readonly<Record<string, readonly string[]>> = {
  'it sends no headers': [
    'calls the headers function for every request',
    'are renewed with new headers when they expire, and no event is missed',
    'are sent once more, with fresh headers, after a 401',
    'is told when fresh headers are refused as well, and may subscribe again later',
    'is told when the headers are always the same, and may subscribe again later',
    'let a disconnected client reconnect while they are valid',
    'lets a command time out',
    'is called again for a subscription',
    'share no connection with another user',
    'must identify their user: that send headers',
    'must identify their user: of a user without an id',
    'may be given {"share":{"as":"ada"},"headers":{}}',
    'may be given {"share":false,"headers":{},"credentials":"include"}',
    'gets a new connection at once when the server reports the first as gone',
    'makes another connection with new headers, and nothing is lost, with a connection of its own',
    'makes another connection with new headers, and nothing is lost, with a shared connection',
  ],
  'it does not learn why a connection was refused': [
    'survives a 503 of a proxy, in HTML',
    'survives a 429',
    'survives a 200 that is no event stream',
    "is not waited for as long as a mistaken Retry-After in 'seconds' says",
    "is not waited for as long as a mistaken Retry-After in 'a date' says",
  ],
  'it does not subscribe with the given fetch': [
    'continues after a custom fetch aborts by its own time limit',
  ],
}

const reasons = new Map(
  Object.entries(exceptions).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
)
const testNames = new Set<string>()

function addNames(tasks: readonly RunnerTask[]): void {
  for (const task of tasks) {
    if (task.type === 'suite') addNames(task.tasks)
    else testNames.add(task.name)
  }
}

beforeEach(({ task, skip }) => {
  if (testNames.size === 0) addNames(task.file.tasks)
  const reason = reasons.get(task.name)
  if (reason !== undefined) skip(reason)
})
afterAll(() => {
  const unknown = [...reasons.keys()].filter((name) => !testNames.has(name))
  expect(unknown, 'exceptions that name no test').toEqual([])
})

// The files import the default entry, and receive that of Node's `@tidings/client/native`.
vi.mock('../src/index.js', async (original) => ({
  ...(await original<typeof import('../src/index.js')>()),
  createClient: (await import('../src/native-node.js')).createClient,
}))
process.env['TIDINGS_CUTS'] ??= '60'
await import('./subscriptions.test.js')
await import('./connection.test.js')
await import('./adversity.test.js')
await import('./renewal.test.js')
await import('./calls.test.js')
await import('./runs.test.js')
await import('./payloads.test.js')
await import('./no-data.test.js')
await import('./reality.test.js')

/** The files of `subjects/`, in the order of measurement and display. */
export const subjectNames = [
  'hand-written',
  'hand-written-joined',
  'raw-sockets',
  'tidings',
  'tidings-node',
  'express-tutorial',
  'better-sse',
  'ws',
  'socket.io',
  'hono',
  'orpc',
  'trpc',
] as const

export type SubjectName = (typeof subjectNames)[number]

/** The subject that all others are compared with. */
export const baseline: SubjectName = 'hand-written'

/** The subjects on hosts that serve `Request` and `Response`, each host's own code before Tidings'. */
export const hostSubjectNames = ['bun', 'deno', 'hono'].flatMap((host) => [
  `${host}-hand-written`,
  `${host}-tidings`,
])

/** Returns the subject that a subject is compared with. */
export function baselineOf(subject: string): string {
  return hostSubjectNames.includes(subject) ? subject.replace('tidings', baseline) : baseline
}

/** The files of `subjects/`, in the order in which they are measured and shown. */
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

/** What all others are compared with. */
export const baseline: SubjectName = 'hand-written'

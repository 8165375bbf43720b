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

import { members } from './base.js'
import { contract } from './contract.js'

export const rooms = members.handlers(contract.rooms, {
  room: {
    authorize: ({ params, context }) => params.roomId !== 'staff' || context.user.isAdmin,
    snapshot: ({ params }) => ({ messages: [params.roomId] }),
  },
  send: async ({ input, context, emit, fail }) => {
    if (input.text === 'spam') throw fail('muted', { until: new Date(0) })
    await emit.rooms.room({ roomId: input.roomId }).message(input.text)
    return { by: context.user.id, sentAt: new Date(0) } // context.user: User
  },
  admin: { clear: ({ context }) => `cleared by ${context.user.id}` },
})

import { members } from './base.js'
import { contract } from './contract.js'

export const billing = members.handlers(contract.billing, {
  export: async function* ({ input, context }) {
    for (let n = 1; n <= input.rows; n += 1) yield { type: 'row', data: n }
    return { by: context.user.id }
  },
  summarise: async ({ emit }) => {
    await emit.row(1)
    return 1
  },
})

import { createServer } from '../../src/index.js'
import { app } from './base.js'
import { billing } from './billing.js'
import { contract } from './contract.js'
import { rooms } from './rooms.js'

const ping = app.handlers(contract.ping, ({ context }) => context.user?.id ?? 'nobody')

export const createTidings = () => createServer(app, { heartbeatMs: 10_000 }, { rooms, billing, ping })

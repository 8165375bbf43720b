import { createServer } from 'node:http'
import { mockClient } from '@tidings/client/testing'
import { expressHandler } from '@tidings/server/express'
import { registerMetrics } from '@tidings/server/metrics'
import { nodeHandler } from '@tidings/server/node'
import { redisBus } from '@tidings/server/redis'
import { busSuite, createTestServer } from '@tidings/server/testing'
import { tracing } from '@tidings/server/tracing'
import { contract } from './contract.js'
import { server } from './server-mistakes.js'

createServer(nodeHandler(server, { path: '/events' }))
// @ts-expect-error path is a string
nodeHandler(server, { path: 1 })
// @ts-expect-error a server is missing
expressHandler()
// @ts-expect-error url is a string
redisBus({ url: 6379 })
// @ts-expect-error there is nothing to measure
registerMetrics({})
// @ts-expect-error a suite is made for a bus
busSuite()
// @ts-expect-error a tracer creates spans
tracing({ tracer: {} })
// @ts-expect-error handlers are missing
createTestServer(contract, {})
const mock = mockClient(contract)
// @ts-expect-error a message is missing
mock.emit.room({ roomId: 'lobby' }).message()
// @ts-expect-error the answer has no output
mock.on.send(() => ({}))

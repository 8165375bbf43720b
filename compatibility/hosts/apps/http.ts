import { createServer } from 'node:http'
import { nodeHandler } from '@tidings/server/node'
import { tidings } from './tidings.js'

createServer(nodeHandler(tidings)).listen(3000)

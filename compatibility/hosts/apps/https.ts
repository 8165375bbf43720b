import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import { nodeHandler } from '@tidings/server/node'
import { tidings } from './tidings.js'

const certificate = { key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }
createServer(certificate, nodeHandler(tidings)).listen(3000)

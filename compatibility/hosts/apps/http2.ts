import { readFileSync } from 'node:fs'
import { createSecureServer } from 'node:http2'
import { nodeHandler } from '@tidings/server/node'
import { tidings } from './tidings.js'

const certificate = { key: readFileSync('key.pem'), cert: readFileSync('cert.pem') }
createSecureServer(certificate, nodeHandler(tidings)).listen(3000)

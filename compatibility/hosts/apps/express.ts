import { expressHandler } from '@tidings/server/express'
import express from 'express'
import { tidings } from './tidings.js'

const app = express()
app.use('/events', expressHandler(tidings))
app.listen(3000)

import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { FastifyAdapter } from '@nestjs/platform-fastify'
import { nodeHandler } from '@tidings/server/node'
import { tidings } from './tidings.js'

@Module({})
class AppModule {}

const app = await NestFactory.create(AppModule, new FastifyAdapter())
app.use('/events', nodeHandler(tidings, { path: '/' }))
await app.listen(3000)

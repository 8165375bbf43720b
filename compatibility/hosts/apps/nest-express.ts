import { Module } from '@nestjs/common'
import { NestFactory } from '@nestjs/core'
import { expressHandler } from '@tidings/server/express'
import { tidings } from './tidings.js'

@Module({})
class AppModule {}

const app = await NestFactory.create(AppModule)
app.use('/events', expressHandler(tidings))
await app.listen(3000)

import { createServer } from '@tidings/server'
import { expressHandler } from '@tidings/server/express'
import express from 'express'
import { contract } from './contract.js'

const tasks = new Map<string, { id: string; title: string }>()
const tidings = createServer(contract, {
  tasks: { snapshot: () => [...tasks.values()] },
  add: ({ input, emit, fail }) => {
    if (tasks.size === 3) throw fail('full', { max: 3 })
    tasks.set(input.id, input)
    return emit.tasks().added(input)
  },
  finish: ({ input, emit }) => (tasks.delete(input.id) ? emit.tasks().done(input) : undefined),
})
express().use(express.static('dist')).use('/events', expressHandler(tidings)).listen(3000)

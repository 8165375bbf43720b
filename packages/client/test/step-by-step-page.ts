import { createClient } from '../src/index.js'
import { contract } from './contract.js'
import { goStepByStep, type Steps } from './step-by-step.js'

/** Two clients in one page, each with its own way to subscribe. */
function goTogether(last: number): Promise<Steps[]> {
  const { EventSource } = globalThis
  return Promise.all([
    goStepByStep(createClient(contract, { url: '/events' }), 'fetch', last),
    goStepByStep(createClient(contract, { url: '/events', EventSource }), 'source', last),
  ])
}

Object.assign(globalThis, { goTogether })

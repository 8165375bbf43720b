#!/usr/bin/env node
import { runProcess } from './lib/run-process.js'

await runProcess()

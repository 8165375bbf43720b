import { argv } from 'node:process'
import { useClient } from './use-client.js'

const [url = '', cut = ''] = argv.slice(2)
console.log(JSON.stringify(await useClient(url, cut)))

import { parseSeed } from '@tidings/core'
import { hydrateRoot } from 'react-dom/client'
import { contract } from './contract'
import { Room } from './room'

const root = document.getElementById('root') as HTMLElement
const text = document.getElementById('seed')?.textContent ?? ''
hydrateRoot(root, <Room roomId={root.dataset['room'] ?? ''} seed={parseSeed(contract.room, text)} />)

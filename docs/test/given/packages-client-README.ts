import type { Client, TopicEventOf } from '@tidings/client'
import type { SeedOf } from '@tidings/core'
import { channel, defineContract } from '@tidings/core'
import type { ReactNode } from 'react'
import 'vite/types/importMeta.d.ts'
import * as z from 'zod'
import { contract as quickStart } from '../../../examples/quick-start/contract.js'

export { useMutation, useQuery } from '@tanstack/react-query'
export { commandMutation, runQuery, topicQuery } from '@tidings/client/tanstack-query'
export { act } from 'react'
export { expect } from 'vitest'

export const contract = defineContract({ ...quickStart, ticks: channel({ events: { tick: z.number() } }) })
export declare const client: Client<typeof contract>

type RoomState = z.infer<typeof quickStart.room.snapshot>
export declare function reducer(state: RoomState, event: TopicEventOf<typeof quickStart.room>): RoomState
export declare const seed: SeedOf<typeof quickStart.room>
export declare const prompt: string
export declare const worker: Worker

export declare function render(node: ReactNode): void
export declare function Room(props: { client: Client<typeof quickStart>; roomId: string }): ReactNode

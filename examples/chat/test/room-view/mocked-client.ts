import { mockClient } from '@tidings/client/testing'
import { contract } from '../../src/contract.js'

/** Stands in place of the page's client: see room-view.test.ts. */
export const mock = mockClient(contract)
export const client = mock.client

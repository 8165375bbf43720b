export { type MockClient, type MockNetwork, mockClient } from './lib/testing/mock-client.js'
export { runsLoaded } from './lib/testing/runs-loaded.js'
export { type ErrorMatch, TestErrors } from './lib/testing/test-errors.js'
export type {
  MockAnswers,
  MockCall,
  MockCalls,
  MockEmit,
  MockFail,
  MockOn,
  MockRun,
  MockRuns,
  MockTopic,
} from './lib/types/mock.js'

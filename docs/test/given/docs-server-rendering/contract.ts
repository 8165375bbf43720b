export * from '../../../../packages/client/test/server-rendering/contract.js'

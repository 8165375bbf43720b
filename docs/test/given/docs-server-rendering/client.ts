export * from '../../../../packages/client/test/server-rendering/client.js'

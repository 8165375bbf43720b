export * from '../../../../packages/client/test/server-rendering/document.js'

export * from '../../../../packages/client/test/server-rendering/room.js'

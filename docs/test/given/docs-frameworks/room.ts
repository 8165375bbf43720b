export { client, withMessage } from '../../../../packages/client/test/frameworks/room.js'

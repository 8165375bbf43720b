export { Room } from '../../../../../examples/next/app/[roomId]/room.js'

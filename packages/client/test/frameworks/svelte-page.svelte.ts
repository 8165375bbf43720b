import { mount, unmount } from 'svelte'
import { page } from './page.js'
import Room from './room.svelte'

page((target, roomId) => {
  const props = $state({ roomId })
  const room = mount(Room, { target, props })
  return {
    show: (next) => {
      props.roomId = next
    },
    leave: () => unmount(room),
  }
})

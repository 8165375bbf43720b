import { createApp, h, ref } from 'vue'
import { page } from './page.js'
import Room from './room.vue'

page((target, roomId) => {
  const shown = ref(roomId)
  const app = createApp({ setup: () => () => h(Room, { roomId: shown.value }) })
  app.mount(target)
  return {
    show: (next) => {
      shown.value = next
    },
    leave: () => app.unmount(),
  }
})

export { default } from '../../vitest.preset'

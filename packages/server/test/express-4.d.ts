/** Express 4 under a name of its own, close enough to 5 for what the tests do with it. */
declare module 'express-4' {
  import express from 'express'
  export default express
}

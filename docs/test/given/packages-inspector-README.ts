export interface User {
  isAdmin: boolean
}

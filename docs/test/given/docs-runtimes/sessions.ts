export interface User {
  readonly name: string
}

export declare function userOf(cookie: string | undefined): Promise<User | undefined>

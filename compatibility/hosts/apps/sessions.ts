export interface User {
  readonly name: string
}

/** Stands for the sessions of an app: the cookie is the user's name. */
export async function userOf(cookie: string | undefined): Promise<User | undefined> {
  const name = /^session=(\w+)$/.exec(cookie ?? '')?.[1]
  return name === undefined ? undefined : { name }
}

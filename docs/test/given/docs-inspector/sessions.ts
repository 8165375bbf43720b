export declare function userOf(cookie: string | null): Promise<{ isAdmin: boolean } | null>

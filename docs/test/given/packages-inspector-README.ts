export declare function isAdmin(context: unknown): boolean

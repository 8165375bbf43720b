export declare function latestPosts(): Promise<{ id: string; title: string }[]>

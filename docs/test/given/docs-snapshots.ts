export declare function loadTasks(
  listId: string,
  options: { signal: AbortSignal },
): Promise<{ id: string; title: string; isDone: boolean }[]>
export declare function storeDone(listId: string, id: string): Promise<void>

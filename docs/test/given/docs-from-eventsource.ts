export declare function amountOf(symbol: string): number
export declare function onPrice(listener: (symbol: string, amount: number) => void): void

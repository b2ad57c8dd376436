// What a computer has and lacks for sharing, one sentence for each state of each item.
export const health = {} as const;

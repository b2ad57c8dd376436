// Sentences of the shell.
export const shell = {} as const;

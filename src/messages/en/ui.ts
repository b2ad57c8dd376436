// Sentences of the ui.
export const ui = {} as const;

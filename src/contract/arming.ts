// How long a question must have been there before an answer counts, in every shell.

/** Security: a click or key that was meant for what was there before must not become a yes. */
export const ARMING_MS = 700;

// Which folders are likely to hold something private.

/** Whether a folder is, is under, or contains people's homes, or is the whole system. */
export function isPrivatePath(path: string): boolean {
  return path === '/' || /^\/(home|root|Users)(\/|$)/.test(path);
}

// Types of changed.mjs, for its test: what runs before `npm ci` is plain JavaScript.
type Spec = string | { readonly project: string };
export function touchedBy(files: readonly string[]): { specs: 'all' | Spec[]; tests: 'all' | string[] };

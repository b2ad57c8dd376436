// What packaging.mjs gives to tests, which are written in TypeScript.
export const testPackage: { readonly folder: string; readonly program: string; deb(): string };
export function ensureTestPackage(): Promise<void>;

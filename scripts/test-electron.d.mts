// What test-electron.mjs gives to tests and to the lab, which are written in TypeScript.
export interface TestElectron {
  /** As Electron's own release is unpacked: `electron`, `version`, `resources/`, `locales/` … */
  readonly folder: string;
  readonly path: string;
  readonly version: string;
}

export function testElectron(): TestElectron | undefined;
export function ensureTestElectron(): Promise<TestElectron | undefined>;
export function putInPlace(made: string, folder: string): Promise<void>;

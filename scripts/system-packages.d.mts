// Types of system-packages.mjs, for its test: what runs before `npm ci` is plain JavaScript.
/** Debian's name of each package, and what shows that it is there. */
type Packages = Readonly<Record<string, string>>;

export const systemPackages: Readonly<Record<'sharing' | 'lab' | 'demo' | 'tests', Packages>>;
export function ensureSystemPackages(packages: Packages): Promise<void>;

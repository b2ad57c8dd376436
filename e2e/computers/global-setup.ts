// Refuses to run outside of the lab, and says which Electron the Electron shell will run on.
import { isInLab } from '../../lab/hosts.ts';
import { electron } from '../electron/launch.ts';

// biome-ignore lint/style/noDefaultExport: that is how Playwright wants it
export default function setUp(): void {
  if (!isInLab()) throw new Error('These specs run on the lab: npm run e2e');
  console.log(sayElectron());
}

function sayElectron(): string {
  try {
    const { version, path, app } = electron();
    return `electron: ${version} (${app.endsWith('electron-for-tests') ? 'for tests; its bundle has shims' : 'the product’s own'}), ${path}`;
  } catch (error) {
    return `electron: none. ${(error as Error).message}`;
  }
}

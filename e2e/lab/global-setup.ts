// Refuses to run outside of the lab, and says which Electron the Electron shell will run on.
import { isInLab } from '../../scripts/lab-hosts.ts';
import { electronPath } from './electron-shell.ts';

// biome-ignore lint/style/noDefaultExport: that is how Playwright wants it
export default function setUp(): void {
  if (!isInLab()) throw new Error('These specs run on the lab: npm run e2e');
  const path = electronPath();
  console.log(path === undefined ? 'electron: a STAND-IN (e2e/electron-stand-in), not Electron' : `electron: ${path}`);
}

// Opens the page of the running browser shell. Run by `ebp open` with the profile's folder, so that the token is in no argument of its own.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { browserFileName, browserFileSchema } from '../contract/profile.ts';
import { openBrowser } from './open-browser.ts';

const [profileDir = ''] = process.argv.slice(2);
const text = await readFile(join(profileDir, browserFileName), 'utf8');
openBrowser(browserFileSchema.parse(JSON.parse(text)).url, process.getuid?.() === 0);

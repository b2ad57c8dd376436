import { expect, test } from 'vitest';
import { browserFileSchema, defaultProfileDir, homeOf } from './profile.ts';

test.each([
  [{ env: {}, platform: 'linux', home: '/home/ann', isRoot: false }, '/home/ann/.local/share/ebrainpool'],
  [{ env: { XDG_DATA_HOME: '/data/' }, platform: 'linux', home: '/home/ann', isRoot: false }, '/data/ebrainpool'],
  [
    { env: { XDG_DATA_HOME: 'relative' }, platform: 'linux', home: '/home/ann', isRoot: false },
    '/home/ann/.local/share/ebrainpool',
  ],
  [{ env: {}, platform: 'linux', home: '/root', isRoot: true }, '/var/lib/ebrainpool'],
  [
    { env: {}, platform: 'darwin', home: '/Users/ann', isRoot: false },
    '/Users/ann/Library/Application Support/eBrainPool',
  ],
  [{ env: {}, platform: 'win32', home: 'C:\\Users\\Ann', isRoot: false }, 'C:\\Users\\Ann\\AppData\\Local\\eBrainPool'],
  [{ env: { LOCALAPPDATA: 'D:\\x' }, platform: 'win32', home: 'C:\\', isRoot: false }, 'D:\\x\\eBrainPool'],
])('the profile of %o is %s', (place, folder) => {
  expect(defaultProfileDir(place)).toBe(folder);
});

test('an account without a home is told so, where a profile would lie in it', () => {
  const ask = () => {
    throw new Error('uv_os_homedir returned ENOENT');
  };
  expect(homeOf({}, ask)).toBeNull();
  expect(homeOf({ HOME: '/home/x' }, ask)).toBe('/home/x');
  expect(homeOf({}, () => '/home/y')).toBe('/home/y');
  const place = { env: {}, platform: 'linux', home: null, isRoot: false };
  expect(() => defaultProfileDir(place)).toThrow(expect.objectContaining({ code: 'no-home' }));
  expect(defaultProfileDir({ ...place, env: { XDG_DATA_HOME: '/data' } })).toBe('/data/ebrainpool');
});

test('an address that is not of this computer is not taken from browser.json', () => {
  expect(browserFileSchema.safeParse({ url: 'http://127.0.0.1:47800/?token=x', pid: 1 }).success).toBe(true);
  for (const url of ['http://example.org/', 'https://127.0.0.1/', 'file:///etc/passwd', '--new-window']) {
    expect(browserFileSchema.safeParse({ url, pid: 1 }).success).toBe(false);
  }
});

import { describe, expect, it } from 'vitest';
import { isCameraOfMainWindow } from './camera.ts';

const asked = { requestingUrl: 'app://ebp/', securityOrigin: 'app://ebp/', isMainFrame: true, types: ['video'] };

describe('the camera', () => {
  it('is for the main window’s page', () => {
    expect(isCameraOfMainWindow(asked)).toBe(true);
    expect(isCameraOfMainWindow({ requestingUrl: 'app://ebp/#/x', isMainFrame: true, types: ['video'] })).toBe(true);
  });

  it.each([
    ['sound', { types: ['audio'] }],
    ['picture and sound together', { types: ['video', 'audio'] }],
    ['something unknown', { types: [undefined] }],
    ['the screen, which has no type', { types: [] }],
    ['a viewer', { requestingUrl: 'app://ebp/?window=viewer&session=x' }],
    ['the pop-up, which draws while hidden', { requestingUrl: 'app://ebp/?window=popup' }],
    ['a window of an unknown kind', { requestingUrl: 'app://ebp/?window=other' }],
    ['another origin', { requestingUrl: 'https://elsewhere.test/', securityOrigin: 'https://elsewhere.test/' }],
    ['a name that only begins as ours does', { securityOrigin: 'app://ebp.elsewhere.test/' }],
    ['a frame of another origin in our page', { securityOrigin: 'https://elsewhere.test/' }],
    ['a frame', { isMainFrame: false }],
    ['no page at all', { requestingUrl: '' }],
  ])('is refused: %s', (_what, change) => {
    expect(isCameraOfMainWindow({ ...asked, ...change })).toBe(false);
  });
});

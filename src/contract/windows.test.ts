import { expect, test } from 'vitest';
import { rowOfWindow, windowOf } from './windows.ts';

const read = (query: string) => windowOf(new URLSearchParams(query));

test('a window is known by its name alone, and what is none of ours may be nothing', () => {
  expect([read(''), read('window=popup'), read('window=viewer&ask=1')]).toEqual(['main', 'popup', 'viewer']);
  for (const query of ['window=', 'window=main', 'window=toString', 'window=Viewer', 'window=x&window=viewer'])
    expect(rowOfWindow(read(query)), query).toEqual({ isOfSession: false, hasCamera: false });
});

test('only the main window has the camera, and only a viewer is opened by a page', () => {
  expect(rowOfWindow('main')).toEqual({ isOfSession: false, hasCamera: true });
  expect(rowOfWindow('popup')).toEqual({ isOfSession: false, hasCamera: false });
  expect(rowOfWindow('viewer')).toEqual({ isOfSession: true, hasCamera: false });
});

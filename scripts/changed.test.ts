import { expect, it } from 'vitest';
import { touchedBy } from './changed.mjs';

it.each([
  ['a sentence in the documentation starts no lab', ['README.md'], []],
  ['a unit test starts no lab', ['src/core/consent/consent.test.ts'], []],
  ['a spec starts itself', ['e2e/specs/files.spec.ts'], ['e2e/specs/files.spec.ts']],
  [
    'the Electron shell starts its own project, and the package in which it is',
    ['src/main/windows.ts'],
    [{ project: 'electron' }, { project: 'package' }],
  ],
  ['what is packed starts the package', ['e2e/packaging/journey.spec.ts'], [{ project: 'package' }]],
  ['the trials of programs, which are no specs, start no lab', ['e2e/programs/trial.ts'], []],
  ['the core starts everything', ['README.md', 'src/core/consent/consent.ts'], 'all'],
  ['what has no rule starts everything', ['something/new.ts'], 'all'],
])('%s', (_, files, specs) => expect(touchedBy(files).specs).toEqual(specs));

it('a page object starts the specs that use it, also through another one', () => {
  const { specs } = touchedBy(['e2e/pages/files-panel.ts']);
  expect(specs).toContain('e2e/specs/files.spec.ts');
  expect(specs).not.toContain('e2e/specs/camera.spec.ts');
});

it('what a program reads and does not import has its tests', () => {
  expect(touchedBy(['SECURITY.md']).tests).toContain('e2e/attacks/security-doc');
  expect(touchedBy(['scripts/demo.mjs']).tests).toContain('scripts/');
  expect(touchedBy(['package-lock.json']).tests).toBe('all');
});

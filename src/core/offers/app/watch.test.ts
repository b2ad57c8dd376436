import { appendFile, rename, rm, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { anybody, createFakeComputer, entryText, idOf, names, pngOf, start, until } from '../offers.test-support.ts';

describe('watching', () => {
  it('follows what is added, edited, replaced and removed within about a second', async () => {
    await using computer = await createFakeComputer();
    await computer.entry('first');
    await using offers = await start(computer);
    const took: number[] = [];
    const expectNames = async (...wanted: string[]) =>
      took.push(await until(offers.own, () => names(offers).join() === wanted.join()));
    const second = await computer.entry('second');
    await expectNames('first', 'second');
    await computer.entry('second', ['Name=third']);
    await expectNames('first', 'third');
    const temporary = await computer.write('usr/share/applications/.new', entryText('fourth'));
    await rename(temporary, second);
    await expectNames('first', 'fourth');
    await unlink(second);
    await expectNames('first');
    expect(Math.max(...took)).toBeLessThan(2500);
  });

  it('follows a directory that appears later, and one that is removed', async () => {
    await using computer = await createFakeComputer();
    await using offers = await start(computer);
    const path = await computer.write('home/.local/share/applications/sub/late.desktop', entryText('late'));
    await until(offers.own, () => names(offers).join() === 'late');
    expect(offers.find(idOf('sub-late'), anybody)?.offer.source).toBe(path);
    await rm(join(computer.root, 'home/.local'), { recursive: true });
    await until(offers.own, () => names(offers).length === 0);
    await computer.write('home/.local/share/applications/back.desktop', entryText('back'));
    await until(offers.own, () => names(offers).join() === 'back');
  });

  it('follows a program that is installed and removed', async () => {
    await using computer = await createFakeComputer();
    await computer.entry('x', ['Exec=later', 'TryExec=later']);
    await using offers = await start(computer);
    expect(names(offers)).toEqual([]);
    const path = await computer.program('later');
    await until(offers.own, () => names(offers).join() === 'x');
    await unlink(path);
    await until(offers.own, () => names(offers).length === 0);
  });

  it('does not show as broken what is being written in pieces', async () => {
    await using computer = await createFakeComputer();
    await computer.entry('app', ['Name=Old']);
    await using offers = await start(computer);
    const seen = new Set<string>();
    offers.own.follow(({ offers, broken }) => seen.add(`${offers.map(({ name }) => name)}/${broken.length}`));
    const path = join(computer.root, 'usr/share/applications/app.desktop');
    await writeFile(path, '[Desktop En');
    for (const piece of ['try]\nType=Appl', 'ication\nName=New', '\nEx', 'ec=tool\n']) {
      await sleep(150);
      await appendFile(path, piece);
    }
    await until(offers.own, () => names(offers).join() === 'New');
    expect([...seen]).toEqual(['Old/0', 'New/0']);
    await writeFile(path, '[Desktop En');
    await until(offers.own, ({ broken }) => broken.length === 1 && names(offers).length === 0);
  });

  it('ends with the catalogue', async () => {
    await using computer = await createFakeComputer();
    const offers = await start(computer);
    await offers[Symbol.asyncDispose]();
    await computer.entry('late');
    await sleep(600);
    expect(names(offers)).toEqual([]);
  });
});

describe('five hundred applications with icons', () => {
  it('are there well under a second after the start, and again after a change', async () => {
    await using computer = await createFakeComputer();
    await computer.write(
      'usr/share/icons/hicolor/index.theme',
      '[Icon Theme]\nName=h\nDirectories=64x64/apps\n[64x64/apps]\nSize=64\n',
    );
    for (let index = 0; index < 500; index++) {
      await computer.entry(`app${index}`, [`Icon=icon${index}`]);
      await computer.write(`usr/share/icons/hicolor/64x64/apps/icon${index}.png`, pngOf(64, 64, index % 251));
    }
    const startedAt = performance.now();
    await using offers = await start(computer);
    const tookMs = performance.now() - startedAt;
    expect(offers.own.value.offers.length).toBe(500);
    await until(offers.own, ({ offers }) => offers.every(({ icon }) => icon !== null));
    const againAt = performance.now();
    await offers.rescan();
    const againMs = performance.now() - againAt;
    // Generous, for machines that run other tests at the same time: alone it is some 400 ms and 100 ms.
    expect(tookMs).toBeLessThan(2500);
    expect(againMs).toBeLessThan(2500);
  });
});

// `ebp mounts`: the folders of this computer that visitors' programs see, and what becomes of each.
import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { MountVerdict } from '../../contract/containers.ts';
import { AppError } from '../../contract/errors.ts';
import { say } from '../../messages/messages.ts';
import { type CommandContext, type Run, readTopic } from '../context.ts';
import { type ExitCode, exitCodes } from '../exit-codes.ts';
import { toShowable } from '../output.ts';

export function registerMounts(program: Command, run: Run): void {
  const mounts = program
    .command('mounts')
    .description(say('cli.command.mounts'))
    .action(() =>
      run(async ({ output, connect }) => {
        const list = readTopic(await connect(), 'mounts');
        output.json(list);
        output.table(
          [say('cli.column.folder'), say('cli.column.mayTouch'), say('cli.column.leadsTo')],
          list.map(({ path, mode, level, source }) => [
            path,
            say(level === 'refused' ? 'ui.mount.refused' : `ui.mount.${mode}`),
            source === null || source === path ? '' : source,
          ]),
          say('ui.mount.none'),
        );
        for (const { path, notes } of list)
          for (const note of notes) output.say(`${toShowable(path)}: ${sayNote(note)}`);
        return exitCodes.done;
      }),
    );
  mounts
    .command('add')
    .description(say('cli.command.mountsAdd'))
    .argument('<folder>', say('cli.argument.folder'))
    .option('--write', say('cli.flag.write'))
    .action((path: string, flags: { readonly write?: boolean }) =>
      run((context) => add(context, path, flags.write === true)),
    );
  mounts
    .command('remove')
    .description(say('cli.command.mountsRemove'))
    .argument('<folder>', say('cli.argument.folder'))
    .action((path: string) =>
      run(async ({ output, connect }) => {
        const client = await connect();
        const folder = absolute(path);
        // A folder that got into the settings in another way is found by the path that stands there.
        const kept = readTopic(client, 'mounts').find((mount) => mount.path === path || mount.path === folder)?.path;
        if (kept === undefined) throw new AppError('not-found', { what: toShowable(folder) });
        await client.call('mounts.set', { path: kept, mode: null });
        output.json({ path: kept });
        output.say(say('cli.done.mountRemoved', { path: toShowable(kept) }));
        return exitCodes.done;
      }),
    );
}

async function add({ output, connect }: CommandContext, path: string, isWritable: boolean): Promise<ExitCode> {
  const client = await connect();
  const mode = isWritable ? 'rw' : 'ro';
  const folder = absolute(path);
  const verdict = await client.call('mounts.check', { path: folder });
  // If it is refused, the core says so in the same words.
  await client.call('mounts.set', { path: folder, mode });
  output.json({ path: folder, mode, ...verdict });
  output.say(say(`cli.done.mountAdded.${mode}`, { path: toShowable(folder) }));
  for (const note of verdict.notes) output.say(sayNote(note));
  return exitCodes.done;
}

function sayNote({ reason, place }: MountVerdict['notes'][number]): string {
  return toShowable(say(`mounts.${reason}`, { place }));
}

/** The folder is this terminal's: the core has another working directory. */
const absolute = (path: string) => (path.startsWith('/') ? path : resolve(path)).replace(/(?<=.)\/+$/, '');

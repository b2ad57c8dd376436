// The folders of one sandbox, and the small files in them: who it is, its first program, and what was brought along. Read-only inside.
import { chmod, chown, mkdir, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { AppError } from '../../../../contract/errors.ts';
import { orDiskFull } from '../../../lib/disk-full.ts';
import { removeTree } from '../../../lib/remove-tree.ts';
import type { SandboxFile, SandboxSpec } from '../../engine.ts';
import { SOCKETS } from '../../inside.ts';
import type { Owner } from '../../owner.ts';
import { NAME_SERVER } from './network.ts';
import { sandboxInit } from './sandbox-init.ts';

/** The user that every program in it is, and how names are looked up. */
const OWN_FILES: readonly SandboxFile[] = [
  {
    name: 'passwd',
    text: 'ebp:x:1000:1000:eBrainPool:/home/ebp:/bin/bash\nnobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin\n',
    alsoAt: ['/etc/passwd'],
  },
  { name: 'group', text: 'ebp:x:1000:\nnogroup:x:65534:\n', alsoAt: ['/etc/group'] },
  { name: 'hosts', text: '127.0.0.1 localhost ebp\n::1 localhost\n', alsoAt: ['/etc/hosts'] },
  // Answers only where the program was given the internet.
  { name: 'resolv.conf', text: `nameserver ${NAME_SERVER}\noptions edns0\n`, alsoAt: ['/etc/resolv.conf'] },
  {
    name: 'nsswitch.conf',
    text: 'passwd: files\ngroup: files\nhosts: files dns\n',
    alsoAt: ['/etc/nsswitch.conf'],
  },
  { name: 'init', text: sandboxInit, mode: 0o755 },
];

export class SandboxFiles {
  readonly confPath: string;
  /** What programs keep for a while and is too large for memory. */
  readonly tmpPath: string;
  /** Folders of the sandbox in which sockets appear, each with its place on this computer. */
  readonly socketFolders: ReadonlyMap<string, string>;
  /** All that are brought along: those of the engine, and those of the spec. */
  readonly files: readonly SandboxFile[];
  readonly #path: string;
  readonly #owner: Owner | null;

  /**
   * @param path for the files
   * @param writablePath for what its programs may write to; it lies beside its home: on the disk, not in the memory that the owner's
   * XDG_RUNTIME_DIR is made of
   * @param owner another than us only when we are root
   */
  constructor(
    path: string,
    writablePath: string,
    spec: Pick<SandboxSpec, 'files' | 'socketFolders'>,
    owner: Owner | null,
  ) {
    this.#path = path;
    this.#owner = owner;
    this.confPath = join(path, 'conf');
    this.tmpPath = `${writablePath}-tmp`;
    // Security: beside each other and not in one, where a program could put another folder, or a link to one, in its place.
    const further = spec.socketFolders.map((folder, index) => [folder, `${writablePath}-sockets-${index}`] as const);
    this.socketFolders = new Map([[SOCKETS, writablePath], ...further]);
    this.files = [...OWN_FILES, ...spec.files];
  }

  /** @throws AppError `disk-full` */
  async write(): Promise<void> {
    try {
      const writable = [...this.socketFolders.values(), this.tmpPath];
      const below = new Set(this.files.map(({ name }) => join(this.confPath, dirname(name))));
      // Where root's sandboxes run as another user, that user must get through to its own folder.
      await mkdir(dirname(this.#path), { recursive: true, mode: this.#owner === null ? 0o700 : 0o711 });
      for (const folder of [this.confPath, ...below, ...writable])
        await mkdir(folder, { recursive: true, mode: 0o700 });
      await Promise.all(this.files.map((file) => this.#write(file, join(this.confPath, file.name))));
      if (this.#owner !== null) {
        const { uid, gid } = this.#owner;
        await Promise.all([this.#path, ...below, ...writable].map((folder) => chown(folder, uid, gid)));
      }
    } catch (error) {
      await this.remove().catch(() => {});
      throw orDiskFull(error, this.#path);
    }
  }

  /** Puts one in its place, as a whole. @throws AppError `disk-full` */
  async provide(file: SandboxFile): Promise<void> {
    const path = join(this.confPath, file.name);
    try {
      await this.#write(file, `${path}.new`);
      await rename(`${path}.new`, path);
    } catch (error) {
      throw orDiskFull(error, path);
    }
  }

  /** Where a socket of the sandbox lies on this computer. @throws AppError `container-failed` */
  placeOf(socketPath: string): string {
    const folder = this.socketFolders.get(dirname(socketPath));
    if (folder === undefined) throw new AppError('container-failed', { why: `${socketPath} cannot be reached` });
    return join(folder, basename(socketPath));
  }

  async remove(): Promise<void> {
    await Promise.all([this.#path, this.tmpPath, ...this.socketFolders.values()].map(removeTree));
  }

  async #write({ text, mode = 0o644 }: SandboxFile, path: string): Promise<void> {
    await writeFile(path, text, { mode });
    await chmod(path, mode);
    if (this.#owner !== null) await chown(path, this.#owner.uid, this.#owner.gid);
  }
}

// What is brought along into a sandbox: by the container for each, and by channels for those that lead to them.
import type { Program, SandboxFile, SandboxSpec, Service } from './engine.ts';

/** A small private text of the container that lasts as long as it does: the one of this name, made where it is not there yet. */
export type Keep = (name: string, make: () => string) => Promise<string>;

export interface SandboxPart {
  /** Sandboxes with parts of the same names are alike. */
  readonly name: string;
  files(keep: Keep): Promise<readonly SandboxFile[]>;
  /** Those that take their time: they are there when the main program runs, as far as they can be had. */
  filesLater?(): Promise<readonly SandboxFile[]>;
  readonly environment?: Readonly<Record<string, string>>;
  readonly socketFolders?: readonly string[];
  readonly services?: readonly Service[];
  /** How the main program is run where it needs this part. */
  wrap?(program: Program): Program;
}

/** In the environment of what was brought along, and of no granted program: ask-to-end.ts tells them apart by it. */
const MARK = 'EBP_SERVICE=1';
/** For scripts: their own children are no longer marked. */
export const UNMARK = 'export -n EBP_SERVICE';

export function asService(...argv: readonly string[]): readonly string[] {
  return ['/usr/bin/env', MARK, ...argv];
}

type Brought = Pick<SandboxSpec, 'files' | 'environment' | 'socketFolders' | 'services'>;

/** All that they bring, the later one's environment before the earlier one's. */
export async function gather(parts: readonly SandboxPart[], keep: Keep): Promise<Brought> {
  const files = await Promise.all(parts.map((part) => part.files(keep)));
  return {
    files: files.flat(),
    environment: Object.assign({}, ...parts.map(({ environment }) => environment)),
    socketFolders: parts.flatMap(({ socketFolders = [] }) => socketFolders),
    services: parts.flatMap(({ services = [] }) => services),
  };
}

export function wrapProgram(parts: readonly SandboxPart[], program: Program): Program {
  return parts.reduce((wrapped, part) => part.wrap?.(wrapped) ?? wrapped, program);
}

// From an Exec key to the arguments of a program, so that no shell is ever asked what a line means.
import { EntryFault } from './fault.ts';

export interface ExecContext {
  /** For %i. */
  readonly icon: string | null;
  /** For %c, localised. */
  readonly name: string;
  /** For %k, the entry's file. */
  readonly path: string;
  /** Where Exec stands, for the fault. */
  readonly line: number | null;
}

const MAX_ARGUMENTS = 256;
const MAX_LENGTH = 32 * 1024;

/** Files and URLs (we launch with none), and the deprecated ones: all vanish. */
const removedCodes = new Set(['f', 'F', 'u', 'U', 'd', 'D', 'n', 'N', 'v', 'm']);

interface Token {
  /** Without quotes, before expansion. */
  source: string;
  text: string;
  hasCode: boolean;
}

/**
 * The program and its arguments (Desktop Entry Specification 1.5, sections 6 and 7), for a launch without files.
 * Beyond the specification, as GLib: quotes may begin within an argument, single quotes quote, a backslash outside
 * quotes makes the next character literal, and other reserved characters are literal.
 * Security: nothing is interpreted as a shell would; `;`, `|`, `$(…)`, `*` and the like stay characters of arguments.
 * @throws EntryFault `bad-exec`
 */
export function parseExec(exec: string, context: ExecContext): readonly [string, ...string[]] {
  const fail = (detail: string): never => {
    throw new EntryFault('bad-exec', detail, context.line);
  };
  if (exec.length > MAX_LENGTH) fail('too long');
  if (exec.includes('\0')) fail('NUL');
  const argv: string[] = [];
  let length = 0;
  for (const token of tokenize(exec, context, fail)) {
    if (token.source === '%i') {
      if (context.icon !== null) argv.push('--icon', context.icon);
    } else if (token.text !== '' || !token.hasCode) {
      argv.push(token.text);
    }
    // %c and %k may stand many times: what they become is bounded too.
    length += token.text.length;
    if (argv.length > MAX_ARGUMENTS || length > MAX_LENGTH) fail('too long');
  }
  const [program, ...rest] = argv;
  if (program === undefined || program === '') return fail('no program');
  if (program.includes('=')) fail(program);
  return [program, ...rest];
}

function* tokenize(exec: string, context: ExecContext, fail: (detail: string) => never): Generator<Token> {
  let token: Token | null = null;
  let quote: '"' | "'" | null = null;
  for (let index = 0; index < exec.length; index++) {
    const char = exec.charAt(index);
    const next = exec.charAt(index + 1);
    if (quote === null && /[ \t\n\r]/.test(char)) {
      if (token) yield token;
      token = null;
      continue;
    }
    token ??= { source: '', text: '', hasCode: false };
    if (char === quote) {
      quote = null;
    } else if (quote === null && (char === '"' || char === "'")) {
      quote = char;
    } else if (char === '\\' && isEscape(quote, next)) {
      if (next === '') fail('\\');
      token.source += next;
      token.text += next;
      index++;
    } else if (char === '%') {
      const expansion = expand(next, context) ?? fail(`%${next}`);
      if (next !== '%') token.hasCode = true;
      token.source += `%${next}`;
      token.text += expansion;
      index++;
    } else {
      token.source += char;
      token.text += char;
    }
  }
  if (quote !== null) fail(quote);
  if (token) yield token;
}

/** Within double quotes only " ` $ and \ can be escaped, within single quotes nothing, outside everything. */
function isEscape(quote: '"' | "'" | null, next: string): boolean {
  if (quote === "'") return false;
  return quote === null || (next !== '' && '"`$\\'.includes(next));
}

/** null for a code that the specification does not list: such a line must not be run (section 7). */
function expand(code: string, context: ExecContext): string | null {
  if (removedCodes.has(code)) return '';
  switch (code) {
    case '%':
      return '%';
    case 'c':
      return context.name;
    case 'k':
      return context.path;
    case 'i':
      // As an argument of its own it becomes two arguments, above; within another it has no meaning.
      return '';
    default:
      return null;
  }
}

/** The command line as a person reads it; not meant to be parsed again. */
export function formatCommand(argv: readonly string[]): string {
  return argv.map((argument) => (/^[\w@%+=:,./-]+$/.test(argument) ? argument : JSON.stringify(argument))).join(' ');
}

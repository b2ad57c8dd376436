// Makes new inputs out of old ones: flips, splices, repeats, cuts, and puts in what parsers are known to stumble over.
import { bytesOf, textOf } from './fuzzer.ts';
import type { Random } from './random.ts';

const INTERESTING_BYTES = [0x00, 0x09, 0x0a, 0x0d, 0x20, 0x22, 0x27, 0x2e, 0x5b, 0x5c, 0x7f, 0x80, 0xc0, 0xed, 0xff];
const INTERESTING_TEXTS = [
  ...['\n', '\r\n', '\t', ' ', '\\', '"', "'", '%', '=', ';', ',', '/', '..', '../', '#', '[', ']', '{', '}', '<', '>'],
  // Control, bidirectional, invisible, combining, wide and unassigned characters, and those that normalise to more or fewer.
  ...['\0', '\u001b[2J', '\u0085', '\u202e', '\u2066', '\u200b', '\u200d', '\ufeff', '\u2028', '\u0301', '\u{1f469}'],
  ...['\u{e0041}', '\ufdfa', '\u0344', '\u1100\u1161', 'İ', 'ſ', '\u212a', '\u0378', '-1', '0', '65536', '4294967296'],
  ...['1e309', 'NaN', '__proto__', 'constructor', 'toString', 'null', 'true', '[]', '{}'],
];
const WRONG_UTF8 = [[0xc0, 0xaf], [0xed, 0xa0, 0x80], [0xf4, 0x90, 0x80, 0x80], [0xff], [0xe2, 0x80]];

export interface MutateOptions {
  readonly maxBytes: number;
  readonly dictionary: readonly string[];
}

/** One to eight changes. */
export function mutateBytes(
  random: Random,
  input: Uint8Array,
  other: Uint8Array,
  { maxBytes, dictionary }: MutateOptions,
): Uint8Array {
  let bytes = input;
  for (let left = 1 + random.size(7); left > 0; left--) bytes = mutateOnce(random, bytes, other, dictionary, maxBytes);
  return bytes.subarray(0, maxBytes);
}

function mutateOnce(
  random: Random,
  bytes: Uint8Array,
  other: Uint8Array,
  dictionary: readonly string[],
  maxBytes: number,
): Uint8Array {
  const at = random.below(bytes.length + 1);
  const end = Math.min(bytes.length, at + random.size(bytes.length - at));
  switch (random.below(12)) {
    case 0: {
      if (bytes.length === 0) return bytes;
      const copy = bytes.slice();
      const place = random.below(bytes.length);
      copy[place] = (copy[place] ?? 0) ^ (1 << random.below(8));
      return copy;
    }
    case 1: {
      if (bytes.length === 0) return bytes;
      const copy = bytes.slice();
      copy[random.below(bytes.length)] = random.oneIn(2) ? random.pick(INTERESTING_BYTES) : random.below(256);
      return copy;
    }
    case 2:
      return join(bytes.subarray(0, at), bytes.subarray(end));
    case 3:
      return bytes.subarray(0, at);
    case 4: {
      const from = random.below(other.length + 1);
      return join(bytes.subarray(0, at), other.subarray(from, from + random.size(other.length)), bytes.subarray(end));
    }
    case 5:
      return join(bytes.subarray(0, at), bytes.subarray(at, end), bytes.subarray(at));
    case 6: {
      // A small piece, very often: shows what costs more than its size.
      const part =
        random.oneIn(2) && at < end ? bytes.subarray(at, Math.min(end, at + 16)) : wordOf(random, dictionary);
      const room = Math.max(0, random.oneIn(8) ? maxBytes - bytes.length : random.size(maxBytes >> 4));
      return join(bytes.subarray(0, at), repeat(part, room), bytes.subarray(end));
    }
    case 7: {
      const number = /\d+/g.exec(textOf(bytes.subarray(at)));
      if (number === null) return bytes;
      const value = random.pick([
        '0',
        '-1',
        '1',
        '65535',
        '65536',
        '2147483648',
        '9007199254740993',
        '0x10',
        '1e9',
        '',
      ]);
      return bytesOf(textOf(bytes.subarray(0, at)) + textOf(bytes.subarray(at)).replace(/\d+/, value));
    }
    case 8: {
      const wrong = Uint8Array.from(random.pick(WRONG_UTF8));
      return join(bytes.subarray(0, at), wrong, bytes.subarray(at));
    }
    case 9: {
      const noise = Uint8Array.from({ length: 1 + random.size(16) }, () => random.below(256));
      return join(bytes.subarray(0, at), noise, bytes.subarray(end));
    }
    default:
      return join(bytes.subarray(0, at), wordOf(random, dictionary), bytes.subarray(random.oneIn(2) ? at : end));
  }
}

function wordOf(random: Random, dictionary: readonly string[]): Uint8Array {
  const isOfFormat = dictionary.length > 0 && !random.oneIn(3);
  return bytesOf(random.pick(isOfFormat ? dictionary : INTERESTING_TEXTS));
}

function join(...parts: readonly Uint8Array[]): Uint8Array {
  return Buffer.concat(parts);
}

function repeat(part: Uint8Array, sizeBytes: number): Uint8Array {
  const whole = new Uint8Array(sizeBytes);
  for (let offset = 0; offset < sizeBytes && part.length > 0; offset += part.length)
    whole.set(part.subarray(0, sizeBytes - offset), offset);
  return whole;
}

/** A text by chance, mostly short, of ordinary and of strange characters. */
export function anyText(random: Random, words: readonly string[] = []): string {
  return random
    .some(12, () => {
      if (words.length > 0 && random.oneIn(2)) return random.pick(words);
      if (random.oneIn(3)) return random.pick(INTERESTING_TEXTS);
      if (random.oneIn(20)) return random.pick(INTERESTING_TEXTS).repeat(random.size(5000));
      if (random.oneIn(6)) return String.fromCodePoint(random.below(random.oneIn(2) ? 0x3000 : 0xd800));
      return String.fromCharCode(0x20 + random.below(95));
    })
    .join('');
}

/** Any JSON value. */
export function anyJson(random: Random, words: readonly string[] = [], depth = 3): unknown {
  switch (random.below(depth > 0 ? 10 : 7)) {
    case 0:
      return null;
    case 1:
      return random.oneIn(2);
    case 2:
      return random.pick([0, -1, 1, 0.5, 1e21, 65536, 4294967296, Number.MAX_SAFE_INTEGER, -0, 5e-324]);
    case 3:
      return random.below(70000);
    case 4:
    case 5:
      return anyText(random, words);
    case 6:
      return words.length > 0 ? random.pick(words) : '';
    case 7:
      return random.some(6, () => anyJson(random, words, depth - 1));
    default:
      return Object.fromEntries(
        random.some(6, () => [anyKey(random, words), anyJson(random, words, depth - 1)] as const),
      );
  }
}

function anyKey(random: Random, words: readonly string[]): string {
  if (random.oneIn(4)) return random.pick(['__proto__', 'constructor', 'toString', 'hasOwnProperty', 'length', '']);
  return words.length > 0 ? random.pick(words) : anyText(random);
}

/** Changes one place of a JSON text; what is not JSON stays. */
export function mutateJson(random: Random, input: Uint8Array, words: readonly string[]): Uint8Array {
  const lines = textOf(input).split('\n');
  const index = random.below(lines.length);
  let value: unknown;
  try {
    value = JSON.parse(lines[index] ?? '');
  } catch {
    return input;
  }
  try {
    lines[index] = JSON.stringify(changeOne(random, value, words));
  } catch {
    // Deeper than JSON.stringify can go.
    return input;
  }
  if (random.oneIn(50)) {
    // As deep as it is long: what walks it by calling itself ends here.
    const depth = random.size(100_000);
    lines[index] = (lines[index] ?? '').replace(/:(?=[^:]*$)/, `:${'['.repeat(depth)}1${']'.repeat(depth)},"x":`);
  }
  return bytesOf(lines.join('\n'));
}

function changeOne(random: Random, value: unknown, words: readonly string[]): unknown {
  // Has a member that code looks for in texts, lists and promises, of a wrong kind.
  if (random.oneIn(16)) return { [random.pick(['length', 'size', 'toString', 'then', 'toJSON'])]: { toString: 1 } };
  if (typeof value !== 'object' || value === null || random.oneIn(12)) return anyJson(random, words);
  if (Array.isArray(value)) {
    const copy: unknown[] = [...value];
    const at = random.below(copy.length + 1);
    if (random.oneIn(20)) return Array.from({ length: random.size(6000) }, () => copy[at] ?? anyJson(random, words, 1));
    const choice = random.below(4);
    if (choice === 0) copy.splice(at, 1);
    else if (choice === 1) copy.splice(at, 0, random.oneIn(2) ? copy[0] : anyJson(random, words));
    else copy[at] = changeOne(random, copy[at], words);
    return copy;
  }
  const entries = Object.entries(value);
  const at = random.below(entries.length + 1);
  const [key, old] = entries[at] ?? [anyKey(random, words), null];
  const choice = random.below(5);
  if (choice === 0) entries.splice(at, 1);
  else if (choice === 1) entries[at] = [anyKey(random, words), old];
  else entries[at] = [key, changeOne(random, old, words)];
  return Object.fromEntries(entries);
}

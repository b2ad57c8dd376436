// What the SFTP server of a host's container answers to a visitor, whom the program there can deceive, and what a visitor asks of it.
import { isFileName } from '../../src/contract/exchange.ts';
import { SftpFilter } from '../../src/core/channels/files/sftp-filter.ts';
import {
  AnswerReader,
  initPacket,
  OPEN,
  parseAnswer,
  parseFreeSpace,
  requests,
  SftpFault,
} from '../../src/core/channels/files/sftp-packets.ts';
import { allow, claim, claimEqual, claimShowable, type Fuzzer, textOf } from './fuzzer.ts';
import type { Random } from './random.ts';

const uint32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};
const text = (value: string | Uint8Array) => Buffer.concat([uint32(Buffer.from(value).length), Buffer.from(value)]);
const packet = (type: number, ...parts: Buffer[]) => {
  const body = Buffer.concat([Buffer.of(type), ...parts]);
  return Buffer.concat([uint32(body.length), body]);
};
const attributes = (mode: number) =>
  Buffer.concat([
    uint32(0x8000000d),
    uint32(0),
    uint32(7),
    uint32(mode),
    uint32(1),
    uint32(2),
    uint32(1),
    text('a'),
    text('b'),
  ]);
const entry = (name: string) => Buffer.concat([text(name), text(`-rw-r--r-- 1 ${name}`), attributes(0o100644)]);

const hello = packet(2, uint32(3), text('statvfs@openssh.com'), text('2'));
const answers = [
  packet(101, uint32(1), uint32(4), text('Failure'), text('en')),
  packet(102, uint32(2), text(Buffer.of(0, 0, 0, 1))),
  packet(103, uint32(3), text('data')),
  packet(104, uint32(4), uint32(2), entry('a.txt'), entry('../\u202e')),
  packet(105, uint32(5), attributes(0o040755)),
  packet(201, uint32(6), Buffer.alloc(88, 1)),
];

/** All answers of the bytes, cut into chunks of this size; the fault that ended them as a word. */
function read(input: Uint8Array, chunkBytes: number): unknown[] {
  const reader = new AnswerReader();
  const found: unknown[] = [];
  const isFault = (error: unknown) => error instanceof SftpFault;
  const all = allow(isFault, () => {
    for (let at = 0; at < input.length; at += chunkBytes) {
      for (const answer of reader.take(Buffer.from(input.subarray(at, at + chunkBytes)))) found.push(answer);
    }
    return true;
  });
  return all === undefined ? [...found, 'fault'] : found;
}

export const sftpAnswers: Fuzzer = {
  name: 'sftp-answers',
  maxBytes: 64 * 1024,
  dictionary: ['..', '/', '\0', 'statvfs@openssh.com', '\u0000\u0000\u0000\u0001', '\u00ff\u00ff\u00ff\u00ff'],
  seeds: () => [Buffer.concat([hello, ...answers]), ...answers],
  generate: (random: Random) => Buffer.concat(random.some(6, () => random.pick([hello, ...answers]))),
  start: () => ({
    run: (input) => {
      const whole = read(input, input.length + 1);
      for (const chunkBytes of [1, 3, 1000]) {
        if (chunkBytes === 1 && input.length > 8192) continue;
        claimEqual(read(input, chunkBytes), whole, 'however the bytes are cut, the answers are the same');
      }
      allow(
        (error) => error instanceof SftpFault,
        () => {
          const answer = parseAnswer(Buffer.from(input));
          if (answer.kind === 'extended') claim(parseFreeSpace(answer.data) >= 0, 'space is a number');
          if (answer.kind !== 'names') return;
          claim(answer.entries.length * 12 <= input.length, 'no more names than bytes');
        },
      );
      const name = textOf(input.subarray(0, 600));
      if (!isFileName(name)) return;
      claimShowable(name, 'a name of a file');
      claim(!name.includes('/') && name !== '..' && name !== '.', 'a name is a name in one folder');
      const sent = requests.remove(1, `/home/ebp/Exchange/${name}`);
      claim(sent.readUInt32BE(0) === sent.length - 4, 'a request says its length');
    },
  }),
};

const folder = '/home/ebp/Exchange';
const asked = [
  initPacket,
  requests.openFolder(1, folder),
  requests.readFolder(2, Buffer.of(0)),
  requests.open(3, `${folder}/a.txt`, OPEN.write | OPEN.create),
  requests.write(4, Buffer.of(0), 0, Buffer.from('data')),
  requests.rename(5, `${folder}/a.txt`, `${folder}/b.txt`),
  requests.remove(6, `${folder}/b.txt`),
  requests.freeSpace(7, folder),
  requests.close(8, Buffer.of(0)),
];

/** What comes out, and whether the filter ended the stream. */
function filter(input: Uint8Array, pieceBytes: number): { readonly passed: Buffer; readonly isEnded: boolean } {
  const out: Uint8Array[] = [];
  const stream = new SftpFilter();
  stream.push = (chunk: Uint8Array) => {
    out.push(Uint8Array.from(chunk));
    return true;
  };
  const isDocumented = (error: unknown) => error instanceof Error && error.message.startsWith('SFTP: ');
  const isWhole = allow(isDocumented, () => {
    for (let at = 0; at < input.length; at += pieceBytes)
      stream._transform(Buffer.from(input.subarray(at, at + pieceBytes)), 'binary', (error) => {
        if (error) throw error;
      });
    return true;
  });
  return { passed: Buffer.concat(out), isEnded: isWhole === undefined };
}

export const sftpRequests: Fuzzer = {
  name: 'sftp-requests',
  maxBytes: 8 * 1024,
  dictionary: ['..', '/', folder, `${folder}/`, '/proc/2/mem', 'statvfs@openssh.com', 'hardlink@openssh.com'],
  seeds: () => [Buffer.concat(asked), ...asked],
  generate: (random: Random) => Buffer.concat(random.some(6, () => random.pick(asked))),
  start: () => ({
    run: (input) => {
      const whole = filter(input, input.length || 1);
      const cut = filter(input, 3);
      claim(
        whole.passed.equals(cut.passed) && whole.isEnded === cut.isEnded,
        'what passes does not depend on how the bytes are cut',
      );
      claim(whole.passed.equals(input.subarray(0, whole.passed.length)), 'what passes is what came');
      if (!whole.isEnded) claim(filter(whole.passed, 1000).passed.equals(whole.passed), 'what passed would pass again');
    },
  }),
};

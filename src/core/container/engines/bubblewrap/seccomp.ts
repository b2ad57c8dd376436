// The system call filter of a sandbox, as the program of classic BPF that bwrap(1) `--seccomp` and seccomp(2) take.
import {
  type Answer,
  type Architecture,
  type Condition,
  NEWEST_KNOWN_CALL,
  type Profile,
  RULES,
} from './seccomp-rules.ts';

/** AUDIT_ARCH_X86_64 and AUDIT_ARCH_AARCH64 of linux/audit.h. */
const AUDIT_ARCHITECTURE: Readonly<Record<Architecture, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };
const ERROR_NUMBER: Readonly<Record<Answer, number>> = { EPERM: 1, ENOSYS: 38, EPROTONOSUPPORT: 93, EAFNOSUPPORT: 97 };
const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;

/** One struct sock_filter of linux/filter.h. The jumps say how many instructions are left out. */
interface Instruction {
  readonly code: number;
  readonly ifTrue: number;
  readonly ifFalse: number;
  readonly value: number;
}

const plain = (code: number) => (value: number) => ({ code, ifTrue: 0, ifFalse: 0, value });
const jump = (code: number) => (value: number, ifTrue: number, ifFalse: number) => ({ code, ifTrue, ifFalse, value });
const load = plain(0x20);
const giveBack = plain(0x06);
const ifEqual = jump(0x15);
const ifGreater = jump(0x25);
const ifAnyBit = jump(0x45);

/** Places in struct seccomp_data of linux/seccomp.h; both processors are little-endian. */
const CALL_NUMBER = 0;
const ARCHITECTURE = 4;
const argumentAt = (index: number) => 16 + 8 * index;
const refuse = (answer: Answer) => giveBack(0x00050000 | ERROR_NUMBER[answer]);

export function isKnownArchitecture(name: string): name is Architecture {
  return Object.hasOwn(AUDIT_ARCHITECTURE, name);
}

/**
 * The filter for 64-bit programs of this processor. A program for another one (32-bit, too) is killed with SIGSYS at its first
 * call: its calls have other numbers, and are the way round a filter.
 */
export function systemCallFilter(architecture: Architecture, profile: Profile): Uint8Array {
  const applying = RULES.filter(({ only }) => only === undefined || only === profile);
  const rules = applying.flatMap(({ calls, when, answer }) =>
    Object.values(calls).flatMap(([x64, arm64]) => {
      const number = architecture === 'x64' ? x64 : arm64;
      return number === null ? [] : refuseCall(number, when ?? [], answer);
    }),
  );
  return assemble([
    load(ARCHITECTURE),
    ifEqual(AUDIT_ARCHITECTURE[architecture], 1, 0),
    giveBack(KILL_PROCESS),
    load(CALL_NUMBER),
    // Security: a call that a kernel learns after the list was written does not exist here, nor do those of x32 (bit 30 is set).
    ifGreater(NEWEST_KNOWN_CALL, 0, 1),
    refuse('ENOSYS'),
    ...rules,
    giveBack(ALLOW),
  ]);
}

function refuseCall(number: number, when: readonly Condition[], answer: Answer): readonly Instruction[] {
  let block: readonly Instruction[] = [refuse(answer)];
  for (const condition of when.toReversed()) block = [...test(condition, block.length), ...block];
  return [load(CALL_NUMBER), ifEqual(number, 0, block.length), ...block];
}

/** Goes on where the condition holds, and otherwise leaves out `rest` instructions more. */
function test(condition: Condition, rest: number): readonly Instruction[] {
  const first = load(argumentAt(condition.argument));
  if ('hasAnyBitOf' in condition) return [first, ifAnyBit(condition.hasAnyBitOf, 0, rest)];
  if ('isNoneOf' in condition) {
    const values = condition.isNoneOf;
    return [first, ...values.map((value, index) => ifEqual(value, values.length - 1 - index + rest, 0))];
  }
  const values = condition.isAnyOf;
  const last = values.length - 1;
  return [first, ...values.map((value, index) => ifEqual(value, last - index, index === last ? rest : 0))];
}

function assemble(program: readonly Instruction[]): Uint8Array {
  const bytes = new DataView(new ArrayBuffer(program.length * 8));
  program.forEach(({ code, ifTrue, ifFalse, value }, index) => {
    if (Math.max(ifTrue, ifFalse) > 255) throw new RangeError('a jump of classic BPF reaches 255 instructions');
    bytes.setUint16(index * 8, code, true);
    bytes.setUint8(index * 8 + 2, ifTrue);
    bytes.setUint8(index * 8 + 3, ifFalse);
    bytes.setUint32(index * 8 + 4, value, true);
  });
  return new Uint8Array(bytes.buffer);
}

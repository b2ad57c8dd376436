import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { peerIdSchema } from '../../../contract/ids.ts';
import { cutBytes, encodeTxt, isAddress, type OwnAdvert, parseTxt, splitAddress } from './advert.ts';

const peerId = peerIdSchema.parse(`SHA256:${'a'.repeat(43)}`);
const own: OwnAdvert = { peerId, name: 'Bob', protocol: 1, port: 4300, catalogueDigest: 'abc123' };
const txt = (...strings: string[]) => strings.map((text) => Buffer.from(text));

describe('a TXT record', () => {
  it('comes back as it was sent', () => {
    expect(parseTxt(encodeTxt(own))).toEqual({
      isOk: true,
      claim: { peerId, name: 'Bob', protocol: 1, catalogueDigest: 'abc123' },
    });
  });

  it('keeps every string within 255 bytes and cuts no character in two', () => {
    const strings = encodeTxt({ ...own, name: '猫'.repeat(100), catalogueDigest: 'd'.repeat(400) });
    for (const each of strings) expect(each.length).toBeLessThanOrEqual(255);
    expect(parseTxt(strings.slice(0, 3))).toMatchObject({ isOk: true, claim: { name: '猫'.repeat(84) } });
  });

  it('ignores unknown keys, keys without a value and all but the first of equal keys', () => {
    const parsed = parseTxt(txt(`ID=${peerId}`, 'v=1', 'flag', '=x', '', 'new=1', 'n=First', 'n=Second'));
    expect(parsed).toMatchObject({ isOk: true, claim: { peerId, name: 'First' } });
  });

  it('takes another protocol version, so that it can be shown as such', () => {
    expect(parseTxt(txt(`id=${peerId}`, 'v=2'))).toMatchObject({ isOk: true, claim: { protocol: 2 } });
  });

  it('has a name even when none is usable', () => {
    for (const name of ['', '\u202e\u0000', ' \u200d ']) {
      expect(parseTxt(txt(`id=${peerId}`, 'v=1', `n=${name}`))).toMatchObject({
        isOk: true,
        claim: { name: 'aaaaaaaa' },
      });
    }
  });

  it.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a string', 'v=1'],
    ['strings instead of bytes', ['v=1', `id=${peerId}`]],
    ['no strings', []],
    ['no fingerprint', txt('v=1')],
    ['no version', txt(`id=${peerId}`)],
    ['a version that is no number', txt(`id=${peerId}`, 'v=one')],
    ['version 0', txt(`id=${peerId}`, 'v=0')],
    ['a huge version', txt(`id=${peerId}`, 'v=100000')],
    ['a short fingerprint', txt('id=SHA256:abc', 'v=1')],
    ['another hash', txt(`id=MD5:${'a'.repeat(43)}`, 'v=1')],
    ['a name of 10,000 characters', txt(`id=${peerId}`, 'v=1', `n=${'x'.repeat(10_000)}`)],
    ['many strings', txt(`id=${peerId}`, 'v=1', ...Array.from({ length: 100 }, (_, index) => `k${index}=1`))],
    [
      'much in all',
      txt(`id=${peerId}`, 'v=1', ...Array.from({ length: 6 }, (_, index) => `k${index}=${'y'.repeat(250)}`)),
    ],
    ['a digest with a line break', txt(`id=${peerId}`, 'v=1', 'd=a\nb')],
  ])('with %s is refused with a reason', (_, data) => {
    expect(parseTxt(data)).toEqual({ isOk: false, reason: expect.stringMatching(/./) });
  });

  it("with somebody else's fingerprint is read all the same: it is a claim, which the SSH host key proves or not", () => {
    const other = peerIdSchema.parse(`SHA256:${'b'.repeat(43)}`);
    expect(parseTxt(encodeTxt({ ...own, peerId: other }))).toMatchObject({ isOk: true, claim: { peerId: other } });
  });

  it('never throws, whatever the bytes', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 40 }), (strings) => {
        expect(typeof parseTxt(strings).isOk).toBe('boolean');
      }),
    );
    fc.assert(
      fc.property(fc.anything(), (data) => {
        expect(parseTxt(data).isOk).toBe(false);
      }),
    );
  });

  it('brings any name through, made fit to be shown', { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 300 }), (name) => {
        const parsed = parseTxt(encodeTxt({ ...own, name }));
        if (!parsed.isOk) throw new Error(parsed.reason);
        expect(parsed.claim.name.length).toBeLessThanOrEqual(100);
        expect(parsed.claim.name).not.toMatch(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069\u061c\u2028\u2029]/u);
        expect(parsed.claim.name.isWellFormed()).toBe(true);
        expect(parsed.claim.name).not.toBe('');
      }),
    );
  });
});

describe('cutBytes', () => {
  it('gives the longest start that fits', () => {
    expect(cutBytes('añb', 2)).toBe('a');
    expect(cutBytes('añb', 3)).toBe('añ');
    expect(cutBytes('😀😀', 7)).toBe('😀');
  });
});

describe('splitAddress', () => {
  it.each([
    ['10.0.0.1', '10.0.0.1', 4300],
    ['10.0.0.1:99', '10.0.0.1', 99],
    ['fe80::1%eth0', 'fe80::1%eth0', 4300],
    ['[fe80::1%eth0]:99', 'fe80::1%eth0', 99],
    ['[::1]', '::1', 4300],
    ['bob.local:1', 'bob.local', 1],
  ])('%s', (address, host, port) => expect(splitAddress(address, 4300)).toEqual({ host, port }));
});

describe('isAddress', () => {
  it.each(['10.0.0.1', '10.0.0.1:99', '[fe80::1%eth0]:99', '::1', 'bob.local:1', 'bob', '3com.example', 'my_pc'])(
    '%s is one',
    (address) => expect(isAddress(splitAddress(address, 4300))).toBe(true),
  );
  it.each([
    '',
    '1.2.3',
    '1.2.3.4.5',
    '300.0.0.1',
    '7',
    'bob:',
    'bob:0',
    'bob:70000',
    'bob:123456',
    'a:b:c',
    'a b',
    '/',
  ])('“%s” is none', (address) => expect(isAddress(splitAddress(address, 4300))).toBe(false));
});

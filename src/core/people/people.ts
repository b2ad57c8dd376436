// What happens to a peer as a whole: verified, renamed, blocked, forgotten. What depends on that ends with it.
import type { ActivityEvent } from '../../contract/activity.ts';
import type { Rule } from '../../contract/consent.ts';
import { AppError } from '../../contract/errors.ts';
import type { PeerId, RuleId } from '../../contract/ids.ts';
import { parseKeyText } from '../../contract/key-text.ts';
import type { Recorder } from '../activity/activity.ts';
import { type About, noteOf } from '../activity/notes.ts';
import type { Consent } from '../consent/consent.ts';
import type { Rules } from '../consent/rules.ts';
import type { Containers } from '../container/container.ts';
import type { HostSessions } from '../host/sessions.ts';
import { toShowable } from '../lib/text.ts';
import { type PeerBook, shortName } from '../peers/peer-book.ts';
import type { Peers } from '../peers/peers.ts';
import type { VisitorSessions } from '../visitor/sessions.ts';

export interface People {
  /** @throws AppError `not-found` for a peer that is neither here nor known, `disk-full` */
  rename(peerId: PeerId, name: string | null): Promise<void>;
  /** Resolves when whatever ran for it, or from it, is gone. */
  block(peerId: PeerId, isBlocked: boolean): Promise<void>;
  forget(peerId: PeerId): Promise<void>;
  /** The person compared the key of a peer that was shown as `claimedName`. */
  verify(peerId: PeerId, claimedName: string): Promise<void>;
  /** @throws AppError `bad-input` for a text that is no key, `peer-is-self` */
  verifyKey(keyText: string): Promise<PeerId>;
  /** Ends what runs because it was allowed always. */
  unverify(peerId: PeerId): Promise<void>;
  /** Two people compared codes and they differed: this key is no longer trusted, whatever was known of it before. */
  differ(peerId: PeerId, claimedName: string): Promise<void>;
  /** Removes a rule and ends what it had allowed. */
  removeRule(ruleId: RuleId): Promise<void>;
}

export function createPeople(parts: {
  readonly selfId: PeerId;
  readonly book: Pick<PeerBook, 'find' | 'faceOf' | 'update' | 'remove'>;
  readonly peers: Pick<Peers, 'claimedNameOf' | 'drop'>;
  readonly consent: Pick<Consent, 'requests' | 'denyAllOf'>;
  readonly rules: Pick<Rules, 'state' | 'remove' | 'removeAllOf'>;
  readonly containers: Pick<Containers, 'state' | 'reset'>;
  readonly hostSessions: Pick<HostSessions, 'state' | 'endAllOf' | 'endAllUnder'>;
  readonly visitorSessions: Pick<VisitorSessions, 'endAllOf'>;
  readonly activity: Recorder;
  /** Closes the connections of this peer to the peer port. */
  readonly disconnect: (peerId: PeerId) => void;
}): People {
  const { book, peers, consent, rules, containers, hostSessions, visitorSessions, activity } = parts;

  function record(peerId: PeerId, claimedName: string, event: ActivityEvent, more: Partial<About> = {}): void {
    void activity.record(noteOf({ peerId, face: book.faceOf(peerId, claimedName), ...more }, event));
  }

  /** @throws AppError `not-found` */
  function claimedNameOf(peerId: PeerId): string {
    const name = peers.claimedNameOf(peerId) ?? book.find(peerId)?.name ?? nameElsewhere(peerId);
    if (name === undefined) throw new AppError('not-found', { what: 'This computer' });
    return name;
  }

  /** The name of a peer that is not in the list, but asked something or has a rule or a home here. */
  function nameElsewhere(peerId: PeerId): string | undefined {
    const asked = [...consent.requests.value, ...hostSessions.state.value].find((one) => one.peerId === peerId);
    const named = [...rules.state.value, ...containers.state.value].find((one) => one.peerId === peerId);
    return asked?.claimedName ?? named?.peerName;
  }

  async function endAll(peerId: PeerId): Promise<void> {
    consent.denyAllOf(peerId, 'block');
    const ended = Promise.all([hostSessions.endAllOf(peerId, 'host'), visitorSessions.endAllOf(peerId)]);
    // The peer was told already. Disconnecting does not wait until everything has ended here.
    parts.disconnect(peerId);
    peers.drop(peerId);
    await ended;
  }

  /**
   * Security: a decision that takes something away does not wait for the disk and counts even if it is full: what runs ends at once,
   * and what began while the decision was written ends afterwards.
   */
  async function endAround(end: () => Promise<unknown>, write: () => Promise<unknown>): Promise<void> {
    const done = await Promise.allSettled([end(), write()]);
    await end();
    for (const one of done) if (one.status === 'rejected') throw one.reason;
  }

  async function verify(peerId: PeerId, claimedName: string, how: 'comparison' | 'key'): Promise<void> {
    await book.update(peerId, claimedName, { verifiedAt: Date.now() });
    record(peerId, claimedName, { kind: 'peer-verified', how });
  }

  async function unverify(peerId: PeerId): Promise<void> {
    const claimedName = claimedNameOf(peerId);
    const isForGood = (rule: Rule) => rule.peerId === peerId && rule.expiresAt === null && !rule.isUntilQuit;
    const forGood = rules.state.value.filter(isForGood).map(({ id }) => id);
    // Security: “always” counts only as long as the peer is verified.
    await endAround(
      () => Promise.all(forGood.map((ruleId) => hostSessions.endAllUnder(ruleId, 'host'))),
      () => book.update(peerId, claimedName, { verifiedAt: null }),
    );
    record(peerId, claimedName, { kind: 'peer-unverified' });
  }

  return {
    rename: async (peerId, name) => {
      const localName = name === null ? null : toShowable(name, 100);
      if (localName === '') throw new AppError('bad-input', { where: 'name', why: 'must not be empty' });
      const claimedName = claimedNameOf(peerId);
      const face = book.faceOf(peerId, claimedName);
      await book.update(peerId, claimedName, { localName });
      record(peerId, claimedName, { kind: 'peer-renamed', name: localName }, { face });
    },
    block: async (peerId, isBlocked) => {
      // Read first, because a waiting request may be the only place with the name.
      const claimedName = claimedNameOf(peerId);
      const write = () => book.update(peerId, claimedName, { isBlocked });
      await (isBlocked ? endAround(() => endAll(peerId), write) : write());
      record(peerId, claimedName, { kind: isBlocked ? 'peer-blocked' : 'peer-unblocked' });
    },
    forget: async (peerId) => {
      const face = book.faceOf(peerId, claimedNameOf(peerId));
      const ruleCount = rules.state.value.filter((rule) => rule.peerId === peerId).length;
      try {
        await endAround(
          () => endAll(peerId),
          async () => {
            const done = await Promise.allSettled([rules.removeAllOf(peerId), book.remove(peerId)]);
            for (const one of done) if (one.status === 'rejected') throw one.reason;
            record(peerId, face.name, { kind: 'peer-forgotten', ruleCount }, { face });
          },
        );
      } finally {
        // Done even if that failed: on a full disk it makes room, and the peer's own programs may have filled it.
        if (containers.state.value.some((container) => container.peerId === peerId)) await containers.reset(peerId);
      }
    },
    // Security: under the name that the person saw, not one that the peer took meanwhile.
    verify: (peerId, claimedName) => verify(peerId, claimedName, 'comparison'),
    verifyKey: async (keyText) => {
      const peerId = parseKeyText(keyText);
      if (peerId === null) throw new AppError('bad-input', { where: 'keyText', why: 'is not a key of eBrainPool' });
      if (peerId === parts.selfId) throw new AppError('peer-is-self');
      await verify(peerId, peers.claimedNameOf(peerId) ?? book.find(peerId)?.name ?? shortName(peerId), 'key');
      return peerId;
    },
    unverify,
    differ: async (peerId, claimedName) => {
      const face = book.faceOf(peerId, claimedName);
      // Others can cause this line by beginning comparisons, so it counts towards their limit.
      void activity.recordFromOutside(noteOf({ peerId, face }, { kind: 'codes-differed' }));
      if (face.isVerified) await unverify(peerId);
    },
    removeRule: async (ruleId) => {
      const rule = rules.state.value.find(({ id }) => id === ruleId);
      await endAround(
        () => hostSessions.endAllUnder(ruleId, 'host'),
        () => rules.remove(ruleId),
      );
      if (rule === undefined) return;
      const { peerId, peerName, offerId, offerName, answer } = rule;
      record(peerId, peerName, { kind: 'rule-removed', ruleId, answer }, { offer: { id: offerId, name: offerName } });
    },
  };
}

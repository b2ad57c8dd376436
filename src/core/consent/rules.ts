// Standing answers that a person gave for one peer and one offer, kept in rules.json. Answers "until quit" are kept only in memory.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import { check } from '../../contract/check.ts';
import { type Rule, ruleSchema } from '../../contract/consent.ts';
import { offerIdSchema, peerIdSchema, type RuleId, ruleIdSchema } from '../../contract/ids.ts';
import { isWithin, noPowers, tolerantPowersSchema } from '../../contract/powers.ts';
import { type Clocks, systemClocks } from '../lib/elapsed.ts';
import { hasUnknownFields, type Migration } from '../lib/file-version.ts';
import { entriesOf, isPlainObject, JsonFile, type JsonFileProblem } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';
import { shortName } from '../peers/peer-book.ts';
import { createRuleTimes, timeUsedSchema } from './rule-times.ts';

/** More rules than a person can read are a mistake. */
const MAX_RULES = 2000;
/** For rules of which it is not known what would run. Nothing has this digest, so a person is asked again. */
const UNKNOWN_DIGEST = '0'.repeat(64);
/** How often to look for rules that have ended. A timer for each would stand still while the computer sleeps. */
const LOOK_EVERY_MS = 1000;
/** How often the time used is written down, in case the computer restarts. */
const WRITE_EVERY_MS = 5 * 60_000;
/** A smaller change of the end is not shown: nobody would notice it. */
const SAME_END_MS = 2000;
const storedSchema = ruleSchema.extend({
  asked: tolerantPowersSchema,
  powers: tolerantPowersSchema,
  time: timeUsedSchema.optional().catch(undefined),
});
type StoredRule = z.output<typeof storedSchema>;
const fileSchema = z.object({
  rules: z.array(z.preprocess(askWhereConditionsAreUnknown, storedSchema)).max(MAX_RULES),
});

/** What somebody asks for, as far as rules look at it. */
export type RuleQuestion = Pick<Rule, 'peerId' | 'offerId' | 'view' | 'powers' | 'launchDigest'>;

export type RuleAnswer =
  | { readonly rule: Rule; readonly note: null }
  /** A person must be asked. `note` says why a rule that exists does not fit. */
  | { readonly rule: null; readonly note: 'changed' | 'wider' | 'unverified' | null };

export interface Rules extends AsyncDisposable {
  readonly state: Followable<readonly Rule[]>;
  /** The standing answer for exactly this key, offer and view, to run exactly what ran before, with no more powers. */
  find(question: RuleQuestion): RuleAnswer;
  /** Takes the place of an older rule for the same peer, offer and view. */
  add(rule: Omit<Rule, 'id' | 'createdAt'>): Promise<RuleId>;
  remove(id: RuleId): Promise<void>;
  removeAllOf(peerId: Rule['peerId']): Promise<void>;
  /** What was wrong with the file at start. */
  readonly damage: JsonFileProblem | null;
}

/** Reads the rules. @throws AppError `disk-full` from `add` and `remove`; what was stored stays, and a rule that was removed answers nothing more. */
export async function openRules(options: {
  readonly profileDir: string;
  readonly isVerified: (peerId: Rule['peerId']) => boolean;
  readonly log: Log;
  readonly clocks?: Clocks;
}): Promise<Rules> {
  const { log, clocks = systemClocks } = options;
  const times = createRuleTimes(clocks);
  const file = await JsonFile.open({
    path: join(options.profileDir, 'rules.json'),
    schema: fileSchema,
    initial: { rules: [] },
    log: options.log,
    mend: withCaution,
    migrations,
    narrowNewer,
  });
  let untilQuit: readonly Rule[] = [];
  const state = new State<readonly Rule[]>([]);
  /** Security: a rule that was taken back stays so even when the disk cannot store that. A container's program may have filled it. */
  const takenBack = new Set<RuleId>();
  const isValid = (rule: StoredRule) => times.leftMs(rule) > 0 && !takenBack.has(rule.id);
  /** As windows show it: after the clock was set back, the rule ends earlier than its stored date. */
  const toShown = ({ time: _, ...rule }: StoredRule): Rule => {
    if (rule.expiresAt === null) return rule;
    const expiresAt = Math.round(clocks.wallMs() + times.leftMs(rule));
    return rule.expiresAt - expiresAt > SAME_END_MS ? { ...rule, expiresAt } : rule;
  };
  const show = () => state.set([...file.value.rules, ...untilQuit].filter(isValid).map(toShown));
  // Each change starts from what was written last, so that two at the same time are both kept.
  const save = async (change: (rules: readonly StoredRule[]) => readonly StoredRule[]) => {
    untilQuit = change(untilQuit);
    const next = change(file.value.rules);
    if (next.length !== file.value.rules.length || next.some((rule, at) => rule !== file.value.rules[at])) {
      await file.update(({ rules }) => ({ rules: [...change(rules).filter(isValid)].slice(-MAX_RULES) }));
    }
    show();
  };
  const takeBack = (isMeant: (rule: Rule) => boolean) => {
    for (const { id } of state.value.filter(isMeant)) takenBack.add(id);
    show();
    return save((rules) => rules.filter((rule) => !isMeant(rule)));
  };
  show();
  let writtenAt = clocks.monotonicMs();
  /** Drops what has ended, and writes down what the others have used. */
  const write = async () => {
    writtenAt = clocks.monotonicMs();
    const hasTimes = file.value.rules.some(({ expiresAt }) => expiresAt !== null);
    if (hasTimes) await file.update(({ rules }) => ({ rules: rules.filter(isValid).map(times.withTimeUsed) }));
  };
  const tick = setInterval(() => {
    const timed = state.value.filter(({ expiresAt }) => expiresAt !== null);
    if (timed.length === 0) return;
    const hasEnded = timed.some((rule) => !isValid(rule));
    const isMoved = timed.some(
      (rule) => Math.abs((toShown(rule).expiresAt ?? 0) - (rule.expiresAt ?? 0)) > SAME_END_MS,
    );
    if (hasEnded || isMoved) show();
    // Security: ended rules are removed from the disk too, so that no clock revives them at the next start.
    if (hasEnded || clocks.monotonicMs() - writtenAt > WRITE_EVERY_MS)
      write().catch((error) => log.warn({ error: String(error) }, 'the time that rules have used was not written'));
  }, LOOK_EVERY_MS);
  tick.unref();
  return {
    state,
    damage: file.problem,
    find: (question) => {
      const ofOffer = state.value.filter(
        (rule) => rule.peerId === question.peerId && rule.offerId === question.offerId && isValid(rule),
      );
      // A no counts for the whole offer, whatever would run and in whichever view.
      const denying = ofOffer.find((rule) => rule.answer === 'deny');
      if (denying !== undefined) return { rule: denying, note: null };
      const rule = ofOffer.find((other) => other.view === question.view);
      if (rule === undefined) return { rule: null, note: null };
      // Security: a yes counts only for what the person saw.
      if (rule.launchDigest !== question.launchDigest) return { rule: null, note: 'changed' };
      if (!isWithin(question.powers, rule.asked)) return { rule: null, note: 'wider' };
      const isForGood = rule.expiresAt === null && !rule.isUntilQuit;
      if (isForGood && !options.isVerified(rule.peerId)) return { rule: null, note: 'unverified' };
      return { rule, note: null };
    },
    add: async (rule) => {
      const whole: Rule = { ...rule, id: ruleIdSchema.parse(randomUUID()), createdAt: clocks.wallMs() };
      await save((rules) =>
        rules.filter(
          (other) =>
            other.peerId !== rule.peerId ||
            other.offerId !== rule.offerId ||
            (other.view !== rule.view && other.answer === rule.answer),
        ),
      );
      if (rule.isUntilQuit) untilQuit = [...untilQuit, whole];
      else {
        const stored = times.withTimeUsed(whole);
        await file.update(({ rules }) => ({ rules: [...rules.filter(isValid), stored].slice(-MAX_RULES) }));
      }
      show();
      return whole.id;
    },
    remove: (id) => takeBack((rule) => rule.id === id),
    removeAllOf: (peerId) => takeBack((rule) => rule.peerId === peerId),
    [Symbol.asyncDispose]: async () => {
      clearInterval(tick);
      await write().catch((error) =>
        log.warn({ error: String(error) }, 'the time that rules have used was not written'),
      );
    },
  };
}

/** Security: a damaged entry that may have been a no becomes a no. */
function withCaution(
  file: z.output<typeof fileSchema>,
  _fields: readonly string[],
  raw: unknown,
): z.output<typeof fileSchema> {
  const saved = new Set<string>(file.rules.map(({ id }) => id));
  const denied = entriesOf(raw, 'rules').flatMap((entry): Rule[] => {
    const peerId = check(peerIdSchema, entry['peerId']);
    const offerId = check(offerIdSchema, entry['offerId']);
    if (!peerId.success || !offerId.success || entry['answer'] === 'allow' || saved.has(String(entry['id']))) return [];
    const named = { peerName: shortName(peerId.data), offerName: offerId.data };
    const told = { answer: 'deny', launchDigest: UNKNOWN_DIGEST, createdAt: Date.now() } as const;
    const forGood = { view: 'viewer', asked: noPowers, powers: noPowers, expiresAt: null, isUntilQuit: false } as const;
    const ids = { id: ruleIdSchema.parse(randomUUID()), peerId: peerId.data, offerId: offerId.data };
    return [{ ...ids, ...named, ...told, ...forGood }];
  });
  return { rules: [...file.rules, ...denied].slice(-MAX_RULES) };
}

/** rules.json, from each version to the next. */
const migrations: readonly Migration[] = [
  // The view ssh-command was called classic. Before 0.1 was released, powers were two switches, and what would run was not stored.
  ({ rules, ...stored }) => ({ ...stored, rules: Array.isArray(rules) ? rules.map(fromFirstVersion) : rules }),
];

function fromFirstVersion(value: unknown): unknown {
  if (!isPlainObject(value)) return value;
  const rule: Entry = { launchDigest: UNKNOWN_DIGEST, expiresAt: null, isUntilQuit: false, ...value };
  const view = rule['view'] === 'classic' ? 'ssh-command' : rule['view'];
  const powers = rule['powers'];
  if (typeof powers === 'object' && powers !== null && 'clipboard' in powers) {
    const isOn = powers.clipboard === true;
    const upgraded = { ...noPowers, clipboardIn: isOn, clipboardOut: isOn };
    return { ...rule, view, asked: upgraded, powers: upgraded };
  }
  return { asked: powers, ...rule, view };
}

/**
 * Security: a field that a newer version added to a yes may be a condition. Such a rule asks a person again, like a rule that does not
 * say what would run. An unknown power is merely ignored here; in a file of a newer version it asks as well (narrowNewer).
 */
function askWhereConditionsAreUnknown(value: unknown): unknown {
  if (!isPlainObject(value) || value['answer'] !== 'allow') return value;
  const isKnown = Object.keys(value).every((field) => Object.hasOwn(storedSchema.shape, field));
  return isKnown ? value : { ...value, launchDigest: UNKNOWN_DIGEST };
}

/** Security: in a file of a newer version a nested field may be a condition too, such as how far a power goes. */
function narrowNewer(stored: Entry): Entry {
  const narrow = (rule: unknown) =>
    isPlainObject(rule) && rule['answer'] === 'allow' && hasUnknownFields(storedSchema, rule)
      ? { ...rule, launchDigest: UNKNOWN_DIGEST }
      : rule;
  return Array.isArray(stored['rules']) ? { ...stored, rules: stored['rules'].map(narrow) } : stored;
}

type Entry = Readonly<Record<string, unknown>>;

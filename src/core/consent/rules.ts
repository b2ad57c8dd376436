// Standing answers that a person gave for one peer and one offer, kept in rules.json.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { Rule, RuleId } from '../../contract/models.ts';
import { ruleIdSchema, ruleSchema } from '../../contract/models.ts';
import { JsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';

/** More rules than a person can read are a mistake. */
const MAX_RULES = 2000;
const fileSchema = z.object({ rules: z.array(ruleSchema).max(MAX_RULES) });

export interface Rules {
  readonly state: Followable<readonly Rule[]>;
  /** The standing answer for exactly this key, offer and view, and for no more powers than it was given for. */
  find(wish: Pick<Rule, 'peerId' | 'offerId' | 'view' | 'powers'>): Rule | undefined;
  add(rule: Omit<Rule, 'id' | 'createdAt'>): Promise<void>;
  remove(id: RuleId): Promise<void>;
}

/** Reads the rules. @throws AppError `disk-full` from `add` and `remove`; what was stored stays. */
export async function openRules(profileDir: string, log: Log): Promise<Rules> {
  const file = await JsonFile.open({
    path: join(profileDir, 'rules.json'),
    schema: fileSchema,
    initial: { rules: [] },
    log,
  });
  const state = new State<readonly Rule[]>(file.value.rules);
  // Each change is made on top of the last one that was written, so that two at once are both kept.
  const save = async (change: (rules: readonly Rule[]) => readonly Rule[]) => {
    const { rules } = await file.update((value) => ({ rules: [...change(value.rules)].slice(-MAX_RULES) }));
    state.set(rules);
  };
  return {
    state,
    find: ({ peerId, offerId, view, powers }) =>
      state.value.find(
        (rule) =>
          rule.peerId === peerId &&
          rule.offerId === offerId &&
          rule.view === view &&
          (rule.powers.clipboard || !powers.clipboard) &&
          (rule.powers.network || !powers.network),
      ),
    add: (rule) =>
      save((rules) => [
        ...rules.filter(
          (other) => other.peerId !== rule.peerId || other.offerId !== rule.offerId || other.view !== rule.view,
        ),
        { ...rule, id: ruleIdSchema.parse(randomUUID()), createdAt: Date.now() },
      ]),
    remove: (id) => save((rules) => rules.filter((rule) => rule.id !== id)),
  };
}

// Standing answers that a person gave for one peer and one offer, kept in rules.json.
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { z } from 'zod';
import type { OfferId, PeerId, Rule, RuleId } from '../../contract/models.ts';
import { ruleIdSchema, ruleSchema } from '../../contract/models.ts';
import { JsonFile } from '../lib/json-file.ts';
import type { Log } from '../lib/log.ts';
import { type Followable, State } from '../lib/state.ts';

/** More rules than a person can read are a mistake. */
const MAX_RULES = 2000;
const fileSchema = z.object({ rules: z.array(ruleSchema).max(MAX_RULES) });

export interface Rules {
  readonly state: Followable<readonly Rule[]>;
  /** The standing answer for exactly this key and this offer. */
  find(peerId: PeerId, offerId: OfferId): Rule | undefined;
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
  const save = async (rules: readonly Rule[]) => {
    await file.update(() => ({ rules: [...rules] }));
    state.set(rules);
  };
  return {
    state,
    find: (peerId, offerId) => state.value.find((rule) => rule.peerId === peerId && rule.offerId === offerId),
    add: (rule) => {
      const others = state.value.filter((other) => other.peerId !== rule.peerId || other.offerId !== rule.offerId);
      return save(
        [...others, { ...rule, id: ruleIdSchema.parse(randomUUID()), createdAt: Date.now() }].slice(-MAX_RULES),
      );
    },
    remove: (id) => save(state.value.filter((rule) => rule.id !== id)),
  };
}

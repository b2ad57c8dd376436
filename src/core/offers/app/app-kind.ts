// Applications: the kind of offer that is found in this computer's menu and runs in a sandbox.
import { createHash } from 'node:crypto';
import type { OfferId } from '../../../contract/ids.ts';
import type { OwnSandbox } from '../../../contract/kinds.ts';
import type { Settings } from '../../../contract/settings.ts';
import type { Kind } from '../kind.ts';
import { isMadeOfChromium } from './chromium.ts';
import { type AppDefinition, appDefinitionSchema } from './definition.ts';
import { launchApp } from './launch.ts';
import { startAppSource } from './source.ts';
import type { Environment } from './xdg.ts';

export function createAppKind(environment: Environment): Kind<AppDefinition> {
  /** Those that ended because they could not build a sandbox of their own: their owner is shown so. */
  const needOwnSandbox = new Set<OfferId>();

  function ownSandboxOf({ id }: AppDefinition, { ownSandboxOfferIds }: Settings): OwnSandbox {
    if (ownSandboxOfferIds.includes(id)) return 'allowed';
    return needOwnSandbox.has(id) ? 'needed' : 'off';
  }

  return {
    name: 'app',
    definition: appDefinitionSchema,
    startSource: (tools) => startAppSource(environment, tools),
    toOffer: (app, settings) => {
      const { name, summary, categories, keywords, icon, obstacle, command } = app;
      const details = { kind: 'app', ownSandbox: ownSandboxOf(app, settings), command } as const;
      return { name, summary, categories, keywords, icon, obstacle, details };
    },
    digest: (app, settings) =>
      // Security: a rule made while the program had no sandbox of its own must not hold once it has one.
      ownSandboxOf(app, settings) === 'allowed'
        ? createHash('sha256').update(`${app.digest} own sandbox`).digest('hex')
        : app.digest,
    launch: (app, view, settings) => launchApp(app, view, ownSandboxOf(app, settings)),
    explainEnd: async (app, { wantedOwnSandbox }) => {
      // Security: a visitor can make a program print anything; the owner of a terminal is not advised to weaken its container.
      if (!wantedOwnSandbox || !(await isMadeOfChromium(app.argv))) return null;
      needOwnSandbox.add(app.id);
      return { code: 'own-sandbox-needed', params: {} };
    },
  };
}

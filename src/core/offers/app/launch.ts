// What starting an application means: its program, with a terminal or a compositor around it where it wants one.
import { AppError } from '../../../contract/errors.ts';
import type { OwnSandbox } from '../../../contract/kinds.ts';
import { hasChannel, type View } from '../../../contract/views.ts';
import type { Launch } from '../kind.ts';
import type { AppDefinition } from './definition.ts';
import { insideCompositor } from './obstacle.ts';
import { insideTerminal } from './terminal.ts';

/** @throws AppError `viewer-only` */
export function launchApp(app: AppDefinition, view: View, ownSandbox: OwnSandbox): Launch {
  const isInCompositor = app.isWaylandOnly && !app.isTerminal;
  // On the visitor's own display a compositor cannot show itself: it needs memory that it shares with its X server.
  if (isInCompositor && !hasChannel(view, 'display')) throw new AppError('viewer-only');
  const argv = app.isTerminal
    ? insideTerminal(app.name, app.argv)
    : isInCompositor
      ? insideCompositor(app.argv)
      : app.argv;
  return { in: 'sandbox', program: { argv, workingDirectory: app.workingDirectory }, ownSandbox };
}

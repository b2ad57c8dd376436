// Sentences of `ebp` and of the browser shell's start, by what they are for.
import { helpTexts } from './cli/help.ts';
import { listTexts } from './cli/lists.ts';
import { resultTexts } from './cli/results.ts';
import { serveTexts } from './cli/serve.ts';
import { useTexts } from './cli/use.ts';

export const cli = { ...helpTexts, ...listTexts, ...useTexts, ...resultTexts, ...serveTexts } as const;

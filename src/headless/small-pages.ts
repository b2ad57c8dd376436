// The pages for whoever is not signed in: no script, no picture, nothing about this computer.
import { say } from '../messages/messages.ts';

/** What to do without a cookie. */
export function signInPage(): string {
  return page(say('cli.page.signInTitle'), [say('cli.page.signInWhy'), say('cli.page.signInHow')]);
}

/** For a request that no page of ours sends. */
export function refusalPage(): string {
  return page(say('cli.page.refusedTitle'), [say('cli.page.refusedWhy'), say('cli.page.refusedHow')]);
}

/** Shown for the instant before the page itself opens. */
export function arrivalPage(): string {
  return page(say('cli.page.arrivalTitle'), [say('cli.page.arrivalWait')]);
}

function page(title: string, paragraphs: readonly string[]): string {
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)}</title>
<style>body{font:1.1rem/1.6 system-ui,sans-serif;max-width:34rem;margin:15vh auto;padding:0 1.5rem}code{font-size:1em}</style>
<main>
<h1>${escapeHtml(title)}</h1>
${paragraphs.map((text) => `<p>${escapeHtml(text).replace(/`([^`]+)`/g, '<code>$1</code>')}</p>`).join('\n')}
</main>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}

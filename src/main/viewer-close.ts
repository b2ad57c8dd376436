// A person who closes a viewer window means its session: what to call for the URL that the window showed last.
import type { Client } from '../contract/client.ts';
import type { SessionId } from '../contract/ids.ts';

/** Ends the session or cancels the request of a viewer window. Does nothing when it is over already. */
export async function endViewer(url: string, client: Client): Promise<void> {
  const { searchParams } = new URL(url);
  const askId = searchParams.get('ask');
  const ask = client.read('asks')?.find(({ id }) => id === askId);
  const sessionId = ask?.sessionId ?? searchParams.get('session');
  const session = client.read('sessions')?.find(({ id }) => id === sessionId);
  if (session !== undefined) {
    if (session.state !== 'ended') await client.call('sessions.end', { sessionId: session.id });
    return;
  }
  if (ask === undefined) return;
  if (ask.sessionId !== null) await client.call('sessions.end', { sessionId: ask.sessionId as SessionId });
  else if (ask.state === 'connecting' || ask.state === 'waiting') await client.call('asks.cancel', { askId: ask.id });
}

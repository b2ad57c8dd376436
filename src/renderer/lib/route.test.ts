import { describe, expect, test } from 'vitest';
import { type OfferId, type PeerId, requestIdSchema } from '../../contract/ids.ts';
import { noPowers } from '../../contract/powers.ts';
import { parseWindowRoute, viewerQuery } from './route.ts';

// Base64 has `/` and `+`, which mean something else in a query.
const peerId = `SHA256:ab/+${'c'.repeat(39)}` as PeerId;
const offerId = 'app:org.gnome.Calculator+x@y' as OfferId;

describe('windows', () => {
  test('a launch survives the query', () => {
    const launch = { peerId, offerId, view: 'viewer' as const };
    expect(parseWindowRoute(viewerQuery({ launch }))).toEqual({
      window: 'viewer',
      launch,
      askId: null,
      sessionId: null,
    });
  });

  test('so does what it asks for; anything else is asked for nothing', () => {
    const powers = { ...noPowers, clipboardIn: true, timeLimitMin: 15 };
    const query = viewerQuery({ launch: { peerId, offerId, view: 'viewer', powers } });
    expect(parseWindowRoute(query)).toMatchObject({ launch: { powers } });
    for (const bad of ['{', '{"clipboardIn":true}', '7'])
      expect(parseWindowRoute(`${viewerQuery({ launch: { peerId, offerId, view: 'viewer' } })}&powers=${bad}`)).toEqual(
        parseWindowRoute(viewerQuery({ launch: { peerId, offerId, view: 'viewer' } })),
      );
  });

  test('a viewer by ask, and a launch without a view', () => {
    const askId = requestIdSchema.parse('b4d6b4a6-8f4e-4d0e-9d0a-0d3c7d1c2b3a');
    expect(parseWindowRoute(viewerQuery({ askId }))).toMatchObject({ launch: null, askId });
    const query = `?window=viewer&launch=${encodeURIComponent(peerId)}&offer=${encodeURIComponent(offerId)}`;
    expect(parseWindowRoute(query)).toMatchObject({ launch: { peerId, offerId, view: 'viewer' } });
  });

  test('bad ids are as good as none', () => {
    expect(parseWindowRoute('?window=viewer&ask=1&session=%00&launch=x&offer=y')).toEqual({
      window: 'viewer',
      launch: null,
      askId: null,
      sessionId: null,
    });
    expect(parseWindowRoute('?window=other')).toEqual({ window: 'main' });
    expect(parseWindowRoute('?window=popup')).toEqual({ window: 'popup' });
  });
});

// bonjour-service as its README says.
import { Bonjour, type Service } from 'bonjour-service';
import type { OwnAdvert } from '../../../src/core/peers/discovery/advert.ts';
import { type FoundService, Merge, type Start, serviceOf } from '../candidate.ts';

export const start: Start = async (first, listeners) => {
  const bonjour = new Bonjour({}, () => {});
  const merge = new Merge(listeners);
  const up = (service: Service) => merge.up(service as FoundService, '');
  bonjour
    .find({ type: 'ebrainpool' }, up)
    .on('srv-update', up)
    .on('txt-update', up)
    .on('down', (service: Service) => merge.down(service as FoundService, ''));
  let published: Service | undefined;
  const setOwn = async (own: OwnAdvert | null) => {
    // A service cannot be changed: it says goodbye, and the next one comes.
    const before = published;
    if (before) await new Promise<void>((done) => before.stop?.(() => done()));
    published = own === null ? undefined : bonjour.publish(serviceOf(own));
  };
  await setOwn(first);
  return {
    setOwn,
    stop: async () => {
      await setOwn(null);
      await new Promise<void>((done) => bonjour.destroy(() => done()));
    },
  };
};

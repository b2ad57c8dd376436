// dnssd-advertise advertises; it finds nobody, so the finding is ours.
import type { OwnAdvert } from '../../../src/core/peers/discovery/advert.ts';
import { TTL_S } from '../../../src/core/peers/discovery/mdns-records.ts';
import { load, type Start, serviceOf } from '../candidate.ts';
import { start as startOurs } from './ours.ts';

interface Module {
  readonly advertise: (options: object) => () => Promise<void>;
}

export const start: Start = async (first, listeners) => {
  const finding = await startOurs(null, listeners);
  const { advertise } = await load<Module>('dnssd-advertise');
  let stopAdvertising: (() => Promise<void>) | undefined;
  const setOwn = async (own: OwnAdvert | null) => {
    // Nothing of an advert can be changed.
    await stopAdvertising?.();
    const { host: hostname, ...rest } = own === null ? { host: '' } : serviceOf(own);
    stopAdvertising = own === null ? undefined : advertise({ ...rest, hostname, protocol: 'tcp', ttl: TTL_S });
  };
  await setOwn(first);
  return {
    setOwn,
    stop: async () => {
      await setOwn(null);
      await finding.stop();
    },
  };
};

// @homebridge/ciao advertises; it finds nobody, so the finding is ours.
import type { OwnAdvert } from '../../../src/core/peers/discovery/advert.ts';
import { load, type Start, serviceOf } from '../candidate.ts';
import { start as startOurs } from './ours.ts';

interface Service {
  advertise(): Promise<void>;
  updateTxt(txt: object): void;
  destroy(): Promise<void>;
}
interface Module {
  readonly getResponder: (options: object) => {
    createService(options: object): Service;
    shutdown(): Promise<void>;
  };
}

export const start: Start = async (first, listeners) => {
  const finding = await startOurs(null, listeners);
  const { getResponder } = await load<Module>('@homebridge/ciao');
  // It runs `ip` in a shell, and leaves out every link that `ip` writes as eth0@if5 (those of VLANs and containers). Without `ip` it asks Node.
  process.env['PATH'] = '';
  const responder = getResponder({ advertiseIpv6: true });
  let before: OwnAdvert | null = null;
  let service: Service | undefined;
  const setOwn = async (own: OwnAdvert | null) => {
    const { host: hostname, ...rest } = own === null ? { host: '' } : serviceOf(own);
    if (own !== null && service && before?.name === own.name && before.port === own.port)
      service.updateTxt(serviceOf(own).txt);
    else {
      // A name or a port cannot be changed.
      await service?.destroy();
      service = own === null ? undefined : responder.createService({ ...rest, hostname });
      void service?.advertise().catch(() => {});
    }
    before = own;
  };
  await setOwn(first);
  return {
    setOwn,
    stop: async () => {
      await responder.shutdown();
      await finding.stop();
    },
  };
};

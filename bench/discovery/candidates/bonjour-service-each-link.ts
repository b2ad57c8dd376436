// bonjour-service, one instance for each link and family, made and ended as links come and go, and told to ask again.
import { Bonjour, type Browser, type Service } from 'bonjour-service';
import {
  type Family,
  families,
  isLinkLocal,
  type Link,
  readLinks,
} from '../../../src/core/peers/discovery/mdns-links.ts';
import { type FoundService, Merge, type Start, serviceOf } from '../candidate.ts';

const ASK_EVERY_MS = 5000;

interface Place {
  readonly bonjour: Bonjour;
  readonly browser: Browser;
  service: Service | undefined;
  askedAt: number;
}

export const start: Start = async (first, listeners) => {
  const merge = new Merge(listeners);
  const places = new Map<string, Place>();
  let own = first;

  function open(key: string, link: Link, family: Family): void {
    const options = optionsFor(link, family);
    if (options === null) return;
    const bonjour = new Bonjour(options as never, () => {});
    const up = (service: Service) => merge.up(service as FoundService, key);
    const browser = bonjour
      .find({ type: 'ebrainpool' }, up)
      .on('srv-update', up)
      .on('txt-update', up)
      .on('down', (service: Service) => merge.down(service as FoundService, key)) as Browser;
    const place: Place = { bonjour, browser, service: undefined, askedAt: Date.now() };
    places.set(key, place);
    publish(place);
  }

  function publish(place: Place): void {
    // The name has a part of the key in it, so that nobody need be asked whether it is free; asking takes 750 ms.
    place.service = own === null ? undefined : place.bonjour.publish({ ...serviceOf(own), probe: false });
  }

  async function close(key: string, place: Place): Promise<void> {
    places.delete(key);
    await unpublish(place);
    for (const service of place.browser.services) merge.down(service as FoundService, key);
    await new Promise<void>((done) => place.bonjour.destroy(() => done()));
  }

  async function unpublish({ service }: Place): Promise<void> {
    if (service) await new Promise<void>((done) => service.stop?.(() => done()));
  }

  function tick(): void {
    const now = readLinks().flatMap((link) =>
      families.map((family) => [`${link.signature} ${family}`, link, family] as const),
    );
    const keys = new Set<string>(now.map(([key]) => key));
    for (const [key, place] of places) {
      if (!keys.has(key)) void close(key, place);
      else if (Date.now() - place.askedAt >= ASK_EVERY_MS) {
        place.askedAt = Date.now();
        place.browser.update();
        // By the PTR record, which lives for eight hours; and lastSeen stays that of the first answer.
        place.browser.expire();
      }
    }
    for (const [key, link, family] of now) if (!places.has(key)) open(key, link, family);
  }

  tick();
  const timer = setInterval(tick, 1000);
  return {
    setOwn: async (next) => {
      own = next;
      for (const place of places.values()) void unpublish(place).then(() => publish(place));
    },
    stop: async () => {
      clearInterval(timer);
      await Promise.all([...places].map(([key, place]) => close(key, place)));
    },
  };
};

/** Options of the multicast-dns below it. */
function optionsFor(link: Link, family: Family): object | null {
  const [address] = link.addresses.ipv4;
  if (family === 'ipv4')
    return address === undefined ? null : { type: 'udp4', ip: '224.0.0.251', interface: address, bind: '0.0.0.0' };
  if (!link.addresses.ipv6.some(isLinkLocal)) return null;
  return { type: 'udp6', ip: 'ff02::fb', interface: `::%${link.zone}`, bind: '::' };
}

// A test's connection to a session bus (dbus-native): plain values, promises, and an end.
import { createClient, type MessageBus } from 'dbus-native';

export interface Bus extends AsyncDisposable {
  readonly client: MessageBus;
  /** Calls a method. @returns its one result, or all of them in a list */
  call(to: Destination, member: string, signature?: string, ...body: unknown[]): Promise<unknown>;
  hasOwner(name: string): Promise<boolean>;
}

export interface Destination {
  readonly name: string;
  readonly path: string;
  readonly interface: string;
}

const theBus: Destination = {
  name: 'org.freedesktop.DBus',
  path: '/org/freedesktop/DBus',
  interface: 'org.freedesktop.DBus',
};

export async function connectToBus(busAddress: string): Promise<Bus> {
  // In the lab the test is another user than the computer's person.
  const client = createClient({ busAddress, authMethods: ['ANONYMOUS'], plainValues: true, timeout: 10_000 });
  await new Promise<void>((resolve, reject) => {
    client.connection.once('connect', resolve);
    client.connection.once('error', reject);
  });
  client.connection.on('error', () => {});
  const call: Bus['call'] = async (to, member, signature, ...body) =>
    client.invoke({
      destination: to.name,
      path: to.path,
      interface: to.interface,
      member,
      ...(signature === undefined ? {} : { signature, body }),
    });
  return {
    client,
    call,
    hasOwner: async (name) => (await call(theBus, 'NameHasOwner', 's', name)) === true,
    [Symbol.asyncDispose]: () => client.close(),
  };
}

// Electron's events can be prevented.

export interface StandInEvent {
  defaultPrevented: boolean;
  preventDefault(): void;
}

export function createEvent<T extends object>(fields?: T): StandInEvent & T {
  const event = {
    ...fields,
    defaultPrevented: false,
    preventDefault: () => {
      event.defaultPrevented = true;
    },
  };
  return event as StandInEvent & T;
}

// A stand-in for the activity log in tests of other parts: it keeps what it is told.
import type { Note, Recorder } from './activity.ts';

export interface Recording {
  record: Recorder['record'];
  readonly recordFromOutside: Recorder['recordFromOutside'];
  readonly notes: Note[];
  /** The kinds of what was recorded, with the answers. */
  readonly said: () => readonly string[];
}

export function createRecording(): Recording {
  const notes: Note[] = [];
  const record = async (note: Note) => {
    notes.push(note);
  };
  return {
    notes,
    record,
    recordFromOutside: record,
    said: () => notes.map(({ event }) => (event.kind === 'answered' ? `${event.answer} by ${event.by}` : event.kind)),
  };
}

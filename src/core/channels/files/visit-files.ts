// The visitor's end of `files`: the folder Exchange, each thing on a stream of its own.
import type { VisitedSession, VisitorEnd } from '../channel.ts';
import { createExchange, type Exchange } from './exchange.ts';

export interface FilesEnd extends VisitorEnd {
  readonly exchange: Exchange;
}

export function visitFiles(session: VisitedSession): FilesEnd {
  return {
    exchange: createExchange(() => session.openStream('files'), session.granted.maxUploadBytes),
    [Symbol.asyncDispose]: async () => {},
  };
}

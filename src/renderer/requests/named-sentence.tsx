// A sentence with names in it that cannot disturb it: each stands by itself, in its own direction, on one line at most.
import { Fragment } from 'react';

/** Private-use characters, which no name that is shown contains. */
const marks = { peer: '\uE000', offer: '\uE001' } as const;

interface NamedSentenceProps {
  /** The sentence with what is given for the names. */
  readonly text: (names: typeof marks) => string;
  readonly peer: string;
  readonly offer: string;
}

// Security: a name that is long, wide or written from right to left must neither push the rest of the sentence out of sight nor
// change the order in which it is read. The marks are put in before the names, so that a name is never taken for markup.
export function NamedSentence({ text, peer, offer }: NamedSentenceProps) {
  return text(marks)
    .split(/([\uE000\uE001])/)
    .map((part, index) => {
      const name = part === marks.peer ? peer : part === marks.offer ? offer : null;
      if (name === null) return <Fragment key={index}>{part}</Fragment>;
      return (
        <bdi key={index} className="request-name" title={name}>
          {name}
        </bdi>
      );
    });
}

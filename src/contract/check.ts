// Checks foreign values by a schema without ever throwing, which zod's own `safeParse` does not promise.
import { z } from 'zod';

/**
 * As `schema.safeParse`. Security: zod 4 checks the `length` of a value against the limit even when the value has the wrong type.
 * `{"length":{"toString":1}}` in place of a text makes that check throw, and a throw in a stream's listener ends the process.
 */
export function check<S extends z.ZodType>(schema: S, value: unknown): z.ZodSafeParseResult<z.output<S>> {
  try {
    return schema.safeParse(value);
  } catch {
    // Such a value is wrong whatever else is in it; without its trap zod says which field it is.
  }
  try {
    return schema.safeParse(withoutTraps(value));
  } catch {
    return z.never({ error: 'cannot be checked' }).safeParse(null) as z.ZodSafeParseError<z.output<S>>;
  }
}

function withoutTraps(value: unknown): unknown {
  const isTrap = (key: string, inner: unknown) => (key === 'length' || key === 'size') && typeof inner === 'object';
  return JSON.parse(JSON.stringify(value, (key, inner: unknown) => (isTrap(key, inner) ? undefined : inner)));
}

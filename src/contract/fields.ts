// Fields that several nouns of the contract have.
import { z } from 'zod';

export const text = (max: number) => z.string().max(max);
/** Milliseconds since the Unix epoch. */
export const instant = z.number().int().nonnegative();
export const count = z.number().int().nonnegative();
/** The input or the output of a method that has none. */
export const nothing = z.object({});

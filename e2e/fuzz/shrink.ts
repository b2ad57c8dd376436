// Makes the input of a finding small, so that a person sees what it is about.

/**
 * Cuts parts out and replaces bytes by plain ones as long as the input still fails, for at most so long.
 * `isFailing` must say the same for the same input.
 */
export async function shrink(
  input: Uint8Array,
  isFailing: (input: Uint8Array) => Promise<boolean>,
  limitMs: number,
): Promise<Uint8Array> {
  const endsAt = performance.now() + limitMs;
  const isOver = () => performance.now() > endsAt;
  let best = input;
  for (let isSmaller = true; isSmaller && !isOver(); ) {
    isSmaller = false;
    for (let sizeBytes = Math.ceil(best.length / 2); sizeBytes >= 1 && !isOver(); sizeBytes = sizeBytes >> 1) {
      for (let at = 0; at < best.length && !isOver(); ) {
        const candidate = Buffer.concat([best.subarray(0, at), best.subarray(at + sizeBytes)]);
        if (await isFailing(candidate)) {
          best = candidate;
          isSmaller = true;
        } else at += sizeBytes;
      }
    }
  }
  for (const [index, byte] of best.entries()) {
    if (isOver()) break;
    if (byte === 0x61) continue;
    const candidate = Uint8Array.from(best);
    candidate[index] = 0x61;
    if (await isFailing(candidate)) best = candidate;
  }
  return best;
}

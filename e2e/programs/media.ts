// A film and a sound that are made here, so that no package has to bring them.

const SIZE = { width: 320, height: 240 };
const FRAMES = 30;

/** Three seconds of YUV4MPEG2: stripes that move. */
export function film(): Buffer {
  const { width, height } = SIZE;
  const frames = Array.from({ length: FRAMES }, (_, frame) => {
    const luma = Buffer.alloc(width * height);
    for (let at = 0; at < luma.length; at += 1) luma[at] = 16 + (((at % width) + frame * 8) % 64) * 3;
    const chroma = Buffer.alloc((width * height) / 4, 90);
    return Buffer.concat([Buffer.from('FRAME\n'), luma, chroma, chroma]);
  });
  return Buffer.concat([Buffer.from(`YUV4MPEG2 W${width} H${height} F10:1 Ip A1:1 C420jpeg\n`), ...frames]);
}

/** Ten seconds of 440 Hz: WAV, 16 bits, one channel. */
export function sound(): Buffer {
  const [rate, seconds] = [8000, 10];
  const samples = Buffer.alloc(rate * seconds * 2);
  for (let at = 0; at < rate * seconds; at += 1)
    samples.writeInt16LE(Math.round(8000 * Math.sin((2 * Math.PI * 440 * at) / rate)), at * 2);
  const head = Buffer.alloc(44);
  head.write('RIFF', 0);
  head.writeUInt32LE(36 + samples.length, 4);
  head.write('WAVEfmt ', 8);
  for (const [value, at] of [
    [16, 16],
    [rate, 24],
    [rate * 2, 28],
    [samples.length, 40],
  ] as const)
    head.writeUInt32LE(value, at);
  for (const [value, at] of [
    [1, 20],
    [1, 22],
    [2, 32],
    [16, 34],
  ] as const)
    head.writeUInt16LE(value, at);
  head.write('data', 36);
  return Buffer.concat([head, samples]);
}

// Loaded into a core that is attacked (`--import`): at SIGUSR2 it says how much memory is in use after garbage collection.
process.on('SIGUSR2', () => {
  // Twice: what a first round frees may have held other things.
  globalThis.gc?.();
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  process.stdout.write(`kept ${(heapUsed + external) / 2 ** 20}\n`);
});

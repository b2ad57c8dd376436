// Runs in the page: marks the frame in which the program's own pixels are on the canvas, and not only its empty screen.

/**
 * Looks at every frame. An empty screen has one colour all over (and at most the pointer on it); a program is there once
 * at least a fiftieth of the samples differ from the commonest colour. The canvas is drawn into a small one first, because
 * reading all of it back would cost what is being measured. `program-pixel` is marked, and told by `window.programPixel`.
 */
export const markProgramPixels = `
{
  const WIDTH = 100, HEIGHT = 66;
  const small = new OffscreenCanvas(WIDTH, HEIGHT);
  const context = small.getContext('2d', { willReadFrequently: true });
  context.imageSmoothingEnabled = false;
  const look = () => {
    const canvas = document.querySelector('[data-testid="viewer-screen"] canvas');
    if (canvas !== null && canvas.width > 1 && performance.getEntriesByName('first-pixel').length > 0) {
      context.drawImage(canvas, 0, 0, WIDTH, HEIGHT);
      const samples = new Uint32Array(context.getImageData(0, 0, WIDTH, HEIGHT).data.buffer);
      const counts = new Map();
      for (const sample of samples) counts.set(sample, (counts.get(sample) ?? 0) + 1);
      if (!performance.getEntriesByName('screen-seen').length) performance.mark('screen-seen', { detail: counts.size });
      if (samples.length - Math.max(...counts.values()) >= samples.length / 50) {
        performance.mark('program-pixel', { detail: counts.size });
        return;
      }
    }
    requestAnimationFrame(look);
  };
  if (location.search.includes('window=viewer')) requestAnimationFrame(look);
}`;

/** For `--trace`: marks when the display's WebSocket is asked for, open, and brings each of its first messages. */
export const markDisplaySocket = `
{
  const mark = (socket) => {
    performance.mark('display asked for');
    socket.addEventListener('open', () => performance.mark('display open'));
    let count = 0;
    socket.addEventListener('message', ({ data }) => {
      count += 1;
      if (count <= 10) performance.mark('display brings ' + (data.byteLength ?? data.size) + ' bytes');
    });
    const send = socket.send.bind(socket);
    socket.send = (data) => {
      performance.mark('display sends ' + data.byteLength + ' bytes');
      send(data);
    };
    return socket;
  };
  // No subclass: noVNC looks for the methods in the socket's own prototype.
  window.WebSocket = new Proxy(window.WebSocket, {
    construct: (Native, args) => {
      const socket = new Native(...args);
      return String(args[0]).includes('/display/') ? mark(socket) : socket;
    },
  });
}`;

// The two ends of a throughput measurement, the same for every way between them.
// `node bench/stream-end.ts serve UNIX_SOCKET TCP_PORT`, and `… measure up|down BYTES UNIX_SOCKET | HOST:PORT`, which prints milliseconds.
import { rmSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';

const CHUNK = Buffer.alloc(256 * 1024, 7);
/** 'u' or 'd', then the number of bytes as a double. */
const HEADER_BYTES = 9;

function send(socket: Socket, sizeBytes: number): void {
  let left = sizeBytes;
  const fill = () => {
    while (left > 0) {
      const part = left < CHUNK.length ? CHUNK.subarray(0, left) : CHUNK;
      left -= part.length;
      if (!socket.write(part)) {
        socket.once('drain', fill);
        return;
      }
    }
  };
  fill();
}

function serve(socketPath: string, port: number): void {
  const onConnection = (socket: Socket) => {
    let header = Buffer.alloc(0);
    let left = -1;
    socket.on('error', () => socket.destroy());
    socket.on('data', (chunk: Buffer) => {
      let body = chunk;
      if (left < 0) {
        header = Buffer.concat([header, chunk]);
        if (header.length < HEADER_BYTES) return;
        left = header.readDoubleBE(1);
        if (header[0] === 0x64) {
          send(socket, left);
          return;
        }
        body = header.subarray(HEADER_BYTES);
      }
      if (header[0] !== 0x75) return;
      left -= body.length;
      if (left === 0) socket.end('!');
    });
  };
  rmSync(socketPath, { force: true });
  createServer(onConnection).listen(socketPath, () => {
    createServer({ noDelay: true }, onConnection).listen(port, '0.0.0.0', () => console.log('ready'));
  });
}

function measure(direction: string, sizeBytes: number, target: string): void {
  const [host, port] = target.split(':');
  let left = direction === 'up' ? 1 : sizeBytes;
  let startedAt = 0;
  const buffer = Buffer.alloc(256 * 1024);
  const onread = {
    buffer,
    callback: (count: number) => {
      left -= count;
      if (left > 0) return true;
      console.log(`took ${performance.now() - startedAt}`);
      process.exit(left === 0 ? 0 : 1);
    },
  };
  const socket = connect(
    target.startsWith('/') ? { path: target, onread } : { host: host ?? '', port: Number(port), onread },
  );
  socket.once('error', (error) => {
    console.error(`${target}: ${error.message}`);
    process.exit(1);
  });
  socket.once('close', () => process.exit(1));
  socket.once('connect', () => {
    const header = Buffer.alloc(HEADER_BYTES);
    header.write(direction === 'up' ? 'u' : 'd');
    header.writeDoubleBE(sizeBytes, 1);
    startedAt = performance.now();
    socket.write(header);
    if (direction === 'up') send(socket, sizeBytes);
  });
}

const [role, first = '', second = '', third = ''] = process.argv.slice(2);
if (role === 'serve') serve(first, Number(second));
else measure(first, Number(second), third);

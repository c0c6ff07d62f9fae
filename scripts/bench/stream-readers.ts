import { connect, type Socket } from 'node:net';
import { servePeer } from './peer.ts';

/** Readers of the live stream that only count what they are sent, so that they cost little. */
export type StreamReaderMethods = {
  /** Resolves when all of them have been answered. */
  open(port: number, count: number): Promise<void>;
  /** Bytes received since they were opened, by reader. A reader that was dropped is missing. */
  received(): number[];
};

const readers = new Map<Socket, number>();

function openReader(port: number): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const socket = connect(port, '127.0.0.1');
  socket.on('error', reject);
  socket.on('close', () => readers.delete(socket));
  socket.on('data', (chunk) => {
    readers.set(socket, (readers.get(socket) ?? 0) + chunk.length);
    resolve();
  });
  socket.write(`GET /stream HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\n\r\n`);
  return promise;
}

servePeer({
  async open(port, count) {
    await Promise.all(Array.from({ length: count }, () => openReader(port)));
  },
  received: () => [...readers.values()],
} satisfies StreamReaderMethods);

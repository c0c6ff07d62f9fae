import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Teardown } from '../helpers/postgres.ts';

/** The way to a server, which can go dead in the two ways that wires do. */
export type Wire = {
  /** The same connection string, by way of the wire. */
  readonly url: string;
  /** Breaks what is connected and refuses what would be. */
  cut(): void;
  mend(): void;
  /** Keeps connections open and passes nothing on, as behind a firewall that forgot them. */
  silence(): void;
};

export async function layWire(t: Teardown, targetUrl: string): Promise<Wire> {
  const target = new URL(targetUrl);
  const sockets = new Set<Socket>();
  let state: 'whole' | 'cut' | 'silent' = 'whole';

  function pass(from: Socket, to: Socket): void {
    sockets.add(from);
    from.on('data', (chunk) => {
      if (state !== 'silent') to.write(chunk);
    });
    from.on('error', () => undefined);
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }
  const breakAll = (): void => {
    for (const socket of sockets) socket.resetAndDestroy();
  };

  const server = createServer((inner) => {
    if (state === 'cut') return void inner.resetAndDestroy();
    const outer = connect(Number(target.port), target.hostname);
    pass(inner, outer);
    pass(outer, inner);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.close();
    breakAll();
  });
  const url = new URL(targetUrl);
  url.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: url.href,
    cut() {
      state = 'cut';
      breakAll();
    },
    mend() {
      state = 'whole';
    },
    silence() {
      state = 'silent';
    },
  };
}

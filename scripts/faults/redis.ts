import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { findFreePort } from '../../src/database/free-port.ts';
import { until } from './wait.ts';

/** A real redis-server behind a wire that can be made slow. */
export type FaultyRedis = {
  readonly url: string;
  start(): Promise<void>;
  kill(): Promise<void>;
  flush(): Promise<void>;
  /** Every chunk takes this much longer, in each direction. */
  setDelay(delayMs: number): void;
  close(): Promise<void>;
};

export function hasRedis(): boolean {
  return spawnSync('redis-server', ['--version']).error === undefined;
}

export async function createRedis(): Promise<FaultyRedis> {
  const port = await findFreePort();
  const proxy = await startProxy(port);
  let child: ChildProcess | undefined;

  async function start(): Promise<void> {
    child = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' },
    );
    await until('answer from Redis', 10_000, () => command(port, 'PING'));
  }
  async function kill(): Promise<void> {
    const ending = child;
    child = undefined;
    if (ending === undefined) return;
    const exited = once(ending, 'exit');
    ending.kill('SIGKILL');
    await exited;
  }

  await start();
  return {
    url: `redis://127.0.0.1:${proxy.port}`,
    start,
    kill,
    flush: () => command(port, 'FLUSHALL').then(() => undefined),
    setDelay: proxy.setDelay,
    async close() {
      await kill();
      proxy.close();
    },
  };
}

/** One inline command of the Redis protocol. */
function command(port: number, line: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(`${line}\r\n`));
    socket.once('error', reject);
    socket.once('data', (data) => {
      socket.destroy();
      resolve(data.toString());
    });
  });
}

/** Passes bytes on, each chunk later by the delay of the moment and never before the one ahead. */
async function startProxy(targetPort: number) {
  let delayMs = 0;
  const sockets = new Set<Socket>();

  function pass(from: Socket, to: Socket): void {
    let readyAtMs = 0;
    sockets.add(from);
    from.on('data', (chunk: Buffer) => {
      readyAtMs = Math.max(readyAtMs, performance.now() + delayMs);
      setTimeout(() => to.writable && to.write(chunk), Math.max(0, readyAtMs - performance.now()));
    });
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  }

  const server = createServer((inner) => {
    const outer = connect(targetPort, '127.0.0.1');
    pass(inner, outer);
    pass(outer, inner);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    port: (server.address() as AddressInfo).port,
    setDelay(ms: number) {
      delayMs = ms;
    },
    close() {
      server.close();
      for (const socket of sockets) socket.destroy();
    },
  };
}

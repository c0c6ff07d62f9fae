import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { guardProcess } from '../../src/database/embedded-process.ts';

const MAIN = new URL('../../src/main.ts', import.meta.url).pathname;
const READY_WITHIN_MS = 60_000;
const READY = { api: '  API  ', worker: '"worker started"' } as const;

export type Running = { kill(signal: NodeJS.Signals): Promise<void> };

/** One process of the service, once it works. Dies with this one. */
export async function startProcess(
  role: keyof typeof READY,
  databaseUrl: string,
  port: number,
): Promise<Running> {
  const child = spawn(process.execPath, [MAIN, role], {
    env: {
      PATH: process.env['PATH'],
      DATABASE_URL: databaseUrl,
      HOST: '127.0.0.1',
      PORT: String(port),
      TEST_RECEIVER: 'off',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = once(child, 'exit');
  process.once('exit', () => child.kill('SIGKILL'));
  const dismissGuard =
    child.pid === undefined ? () => undefined : guardProcess(child.pid, undefined);
  const lines: string[] = [];
  const isReady = new Promise<void>((resolve, reject) => {
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        if (lines.length < 50) lines.push(line);
        if (line.includes(READY[role])) resolve();
      });
    }
    const fail = () => reject(new Error(`the ${role} does not start:\n${lines.join('\n')}`));
    exited.then(fail, fail);
    setTimeout(fail, READY_WITHIN_MS).unref();
  });
  await isReady;
  return {
    async kill(signal) {
      child.kill(signal);
      await exited;
      dismissGuard();
    },
  };
}

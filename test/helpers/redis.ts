import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { Redis } from 'ioredis';
import { findFreePort } from '../../src/database/free-port.ts';
import type { Teardown } from './postgres.ts';
import { until } from './until.ts';

export type TestRedis = {
  readonly url: string;
  /** Ends the server at once, as a crash would. */
  readonly kill: () => Promise<void>;
  /** Starts it again on the same port, empty. */
  readonly start: () => Promise<void>;
  /** Keeps its connections open and answers nothing, until `thaw`. */
  readonly freeze: () => void;
  readonly thaw: () => void;
};

/**
 * False, or why the Redis tests cannot run here: for the `skip` option of a test. Never skips in CI.
 */
export const redisIsMissing: string | false =
  !process.env['CI'] && spawnSync('redis-server', ['--version']).error
    ? 'redis-server is not installed: THE REDIS TESTS DID NOT RUN'
    : false;

/** A real redis-server on a free port, without persistence, ended with the test. */
export async function startTestRedis(t: Teardown): Promise<TestRedis> {
  const port = await findFreePort();
  const url = `redis://127.0.0.1:${port}`;
  let child: ReturnType<typeof spawn> | undefined;

  const start = async (): Promise<void> => {
    child = spawn(
      'redis-server',
      ['--port', String(port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'],
      { stdio: 'ignore' },
    );
    const client = new Redis(url, { retryStrategy: () => 20, maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    await until(() => client.ping(), { what: 'redis-server to answer' });
    client.disconnect();
  };
  const kill = async (): Promise<void> => {
    if (child === undefined) return;
    const exited = once(child, 'exit');
    child.kill('SIGKILL');
    child = undefined;
    await exited;
  };

  await start();
  t.teardown(kill);
  return {
    url,
    kill,
    start,
    freeze: () => void child?.kill('SIGSTOP'),
    thaw: () => void child?.kill('SIGCONT'),
  };
}

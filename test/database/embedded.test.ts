import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import t, { type Test } from 'tap';
import {
  findEmbeddedPostgres,
  startEmbeddedPostgres,
  type EmbeddedPostgres,
} from '../../src/database/embedded.ts';
import { createLogger } from '../../src/base/logger.ts';
import { until } from '../helpers/until.ts';

const logger = createLogger({ logLevel: 'silent' });
const OWNER = fileURLToPath(new URL('../fixtures/embedded-owner.ts', import.meta.url));

async function makeDataDir(t: Test): Promise<string> {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-embedded-'));
  // A server whose owner was killed goes on writing until it has stopped.
  t.teardown(() => rm(dataDir, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 }));
  return dataDir;
}

/** Started here, and stopped with the test at the latest. */
async function start(t: Test, dataDir: string): Promise<EmbeddedPostgres> {
  const postgres = await startEmbeddedPostgres({ dataDir, logger });
  t.teardown(() => postgres.stop());
  return postgres;
}

/** Started by another process, which dies with the test at the latest. */
async function startElsewhere(
  t: Test,
  dataDir: string,
): Promise<{ owner: ChildProcess; url: string }> {
  const owner = spawn(process.execPath, [OWNER, dataDir], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.teardown(() => owner.kill('SIGKILL'));
  const [url] = (await Promise.race([
    once(createInterface({ input: owner.stdout! }), 'line'),
    once(owner, 'exit').then(() => [undefined]),
  ])) as [string | undefined];
  if (url === undefined) throw new Error('the other process did not get to start it');
  return { owner, url };
}

async function ask(url: string, query: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  await client.connect();
  try {
    const { rows } = await client.query({ text: query, rowMode: 'array' });
    return rows[0]?.[0];
  } finally {
    await client.end();
  }
}

const pidFile = (dataDir: string): string => join(dataDir, 'postgres', 'postmaster.pid');

async function findServer(dataDir: string): Promise<number> {
  return Number((await readFile(pidFile(dataDir), 'utf8')).split('\n')[0]);
}

t.test('data and port outlive a restart', async (t) => {
  const dataDir = await makeDataDir(t);
  const first = await start(t, dataDir);
  await ask(first.url, 'create table kept as select 7 as value');
  t.equal(await findEmbeddedPostgres(dataDir), first.url);
  await first.stop();
  t.notOk(existsSync(pidFile(dataDir)), 'it was stopped cleanly');
  t.equal(await findEmbeddedPostgres(dataDir), undefined);

  const second = await start(t, dataDir);
  t.equal(second.url, first.url);
  t.equal(await ask(second.url, 'select value from kept'), 7);
});

t.test('it is UTF-8, sorts by code point, and listens on loopback with a password', async (t) => {
  const dataDir = await makeDataDir(t);
  const { url } = await start(t, dataDir);
  t.equal(await ask(url, 'show server_encoding'), 'UTF8');
  t.equal(await ask(url, "select 'B' < 'a' and lower('É') = 'é'"), true);
  t.equal(await ask(url, 'show listen_addresses'), '127.0.0.1');
  t.equal(await ask(url, 'show fsync'), 'on');
  const wrong = new URL(url);
  wrong.password = 'wrong';
  await t.rejects(ask(wrong.href, 'select 1'), { code: '28P01' });
  const { mode } = await stat(join(dataDir, 'postgres', 'posthorn.json'));
  t.equal(mode & 0o777, 0o600);
});

t.test('a port taken by another program is exchanged', async (t) => {
  const dataDir = await makeDataDir(t);
  const first = await start(t, dataDir);
  await first.stop();
  const server = createServer().listen(Number(new URL(first.url).port), '127.0.0.1');
  t.teardown(() => server.close());
  await once(server, 'listening');
  const second = await start(t, dataDir);
  t.not(second.url, first.url);
  t.equal(await ask(second.url, 'select 1'), 1);
});

t.test('data in use by another process is refused, and its owner undisturbed', async (t) => {
  const dataDir = await makeDataDir(t);
  const { owner, url } = await startElsewhere(t, dataDir);
  await t.rejects(startEmbeddedPostgres({ dataDir, logger }), {
    name: 'StartError',
    message:
      `the database in ${join(dataDir, 'postgres')} is in use by another Posthorn ` +
      `(process ${owner.pid}); stop that one, or give this one its own DATA_DIR or a DATABASE_URL`,
  });
  t.equal(await ask(url, 'select 1'), 1);
});

t.test('it ends soon after its owner was killed', async (t) => {
  const dataDir = await makeDataDir(t);
  const { owner } = await startElsewhere(t, dataDir);
  owner.kill('SIGKILL');
  await until(() => !existsSync(pidFile(dataDir)));
});

t.test('a start right after the owner was killed succeeds', async (t) => {
  const dataDir = await makeDataDir(t);
  const { owner, url } = await startElsewhere(t, dataDir);
  await ask(url, 'create table kept as select 7 as value');
  owner.kill('SIGKILL');
  const next = await start(t, dataDir);
  t.equal(await ask(next.url, 'select value from kept'), 7);
});

t.test(
  'a server whose owner and guard were killed is stopped by the next start',
  {
    skip: process.platform === 'linux' ? false : 'finds the guard in /proc',
  },
  async (t) => {
    const dataDir = await makeDataDir(t);
    const { owner, url } = await startElsewhere(t, dataDir);
    const server = await findServer(dataDir);
    const children = await readFile(`/proc/${owner.pid}/task/${owner.pid}/children`, 'utf8');
    for (const child of children.trim().split(' ').map(Number)) {
      if (child !== server) process.kill(child, 'SIGKILL');
    }
    owner.kill('SIGKILL');
    await once(owner, 'exit');
    t.equal(await ask(url, 'select 1'), 1, 'it still runs');

    const next = await start(t, dataDir);
    t.equal(await ask(next.url, 'select 1'), 1);
    t.not(await findServer(dataDir), server);
  },
);

t.test('a process id left behind that now belongs to another program is no obstacle', async (t) => {
  const dataDir = await makeDataDir(t);
  const first = await start(t, dataDir);
  await first.stop();
  const port = new URL(first.url).port;
  await writeFile(pidFile(dataDir), `${process.ppid}\n/data\n1700000000\n${port}\n\n127.0.0.1\n`);
  const second = await start(t, dataDir);
  t.equal(await ask(second.url, 'select 1'), 1);
});

t.test(
  'of two that start at once in a new folder one wins and the other says why not',
  async (t) => {
    const dataDir = await makeDataDir(t);
    const results = await Promise.allSettled([start(t, dataDir), startElsewhere(t, dataDir)]);
    const won = results.find((result) => result.status === 'fulfilled');
    t.equal(results.filter((result) => result.status === 'rejected').length, 1);
    t.equal(await ask(won!.value.url, 'select 1'), 1);
  },
);

t.test('a server that dies is reported', async (t) => {
  const dataDir = await makeDataDir(t);
  const postgres = await start(t, dataDir);
  process.kill(await findServer(dataDir), 'SIGQUIT');
  t.match(await postgres.failed, /^the embedded Postgres ended/);
});

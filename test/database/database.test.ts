import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import t from 'tap';
import {
  createPool,
  describeDatabase,
  LOAD_SETTINGS,
  RECORD_SETTINGS,
  waitForDatabase,
} from '../../src/database/database.ts';
import { findFreePort } from '../../src/database/free-port.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createTestDatabase } from '../helpers/postgres.ts';

const silent = createLogger({ logLevel: 'silent' });

function changed(
  url: string,
  change: Partial<Record<'pathname' | 'password' | 'port' | 'hostname', string>>,
): string {
  return Object.assign(new URL(url), change).href;
}

t.test('a pool opens its sessions with its settings and its name', async (t) => {
  const { url } = await createTestDatabase(t);
  const pool = createPool(url, {
    name: 'record',
    max: 1,
    logger: silent,
    settings: RECORD_SETTINGS,
  });
  t.teardown(() => pool.end());
  const { rows } = await pool.query(
    `
    select name, setting from pg_settings where name = any ($1) order by name
  `,
    [Object.keys(RECORD_SETTINGS)],
  );
  t.strictSame(Object.fromEntries(rows.map(({ name, setting }) => [name, setting])), {
    ...LOAD_SETTINGS,
    synchronous_commit: 'off',
  });
  t.strictSame((await pool.query('show application_name')).rows, [
    { application_name: 'posthorn record' },
  ]);
});

t.test('a session killed by the server costs its pool nothing', async (t) => {
  const { url, pool: admin } = await createTestDatabase(t);
  const pool = createPool(url, { name: 'api', max: 1, logger: silent });
  t.teardown(() => pool.end());
  await pool.query('select 1');
  const lost = once(pool, 'error');
  await admin.query(
    "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'posthorn api'",
  );
  await lost;
  t.equal((await pool.query('select 1 as one')).rows[0].one, 1);
});

t.test('waiting cannot help against a wrong database or password', async (t) => {
  const { url } = await createTestDatabase(t);
  const where = describeDatabase(url);
  const host = where.slice(0, where.indexOf('/'));
  const options = { logger: silent, timeoutMs: 60_000 };
  await t.rejects(waitForDatabase(changed(url, { pathname: '/nowhere' }), options), {
    name: 'StartError',
    message: `cannot use the database at ${host}/nowhere: that database does not exist`,
  });
  if (new URL(url).password !== '') {
    await t.rejects(waitForDatabase(changed(url, { password: 'wrong' }), options), {
      name: 'StartError',
      message: `cannot use the database at ${where}: it refused the password`,
    });
  }
});

t.test('a database that nobody serves is given up after the time allowed', async (t) => {
  const port = await findFreePort();
  await t.rejects(
    waitForDatabase(`postgres://u:secret@127.0.0.1:${port}/d`, { logger: silent, timeoutMs: 0 }),
    {
      name: 'StartError',
      message: `cannot use the database at 127.0.0.1:${port}/d: nothing listens there`,
    },
  );
});

t.test('a database that comes up late is waited for, with one line for each try', async (t) => {
  const { url } = await createTestDatabase(t);
  const port = await findFreePort();
  const lines: string[] = [];
  const logger = createLogger({ logLevel: 'info' }, { write: (line) => void lines.push(line) });
  const waiting = waitForDatabase(changed(url, { port: String(port), hostname: '127.0.0.1' }), {
    logger,
    timeoutMs: 30_000,
  });
  while (lines.length === 0) await new Promise(setImmediate);

  const { hostname, port: realPort } = new URL(url);
  const relay = createServer((socket) => {
    const upstream = connect(Number(realPort), hostname);
    upstream.on('error', () => socket.destroy());
    socket.on('error', () => upstream.destroy());
    socket.pipe(upstream).pipe(socket);
  }).listen(port, '127.0.0.1');
  t.teardown(() => relay.close());
  await waiting;
  t.match(JSON.parse(lines[0]!), {
    level: 'warn',
    wait_ms: 250,
    msg: /nothing listens there; trying again$/,
  });
  t.notMatch(lines.join(), new URL(url).password || 'no password');
});

t.test('waiting ends when it is called off', async (t) => {
  const port = await findFreePort();
  const abort = new AbortController();
  const waiting = waitForDatabase(`postgres://127.0.0.1:${port}/d`, {
    logger: silent,
    timeoutMs: 60_000,
    signal: abort.signal,
  });
  abort.abort();
  await t.rejects(waiting, { name: 'AbortError' });
});

t.test('a database is described without user and password', async (t) => {
  t.equal(
    describeDatabase('postgres://u:secret@db.example:6432/posthorn?sslmode=require'),
    'db.example:6432/posthorn',
  );
  t.equal(describeDatabase('postgres://db.example'), 'db.example:5432');
  t.equal(
    describeDatabase('postgresql:///posthorn?host=/run/postgresql'),
    '/run/postgresql:5432/posthorn',
  );
});

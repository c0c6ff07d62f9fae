import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import type { Check } from '../../src/cli/doctor/check.ts';
import { checkNode } from '../../src/cli/doctor/machine-checks.ts';
import { runCli } from '../helpers/cli.ts';
import { createEmptyDatabase, createTestDatabase } from '../helpers/postgres.ts';
import { spawnPosthorn, startService } from '../helpers/service.ts';

type Report = { code: number | null; ok: boolean; of: (name: string) => Check[] };

async function doctor(env: Record<string, string>, ...args: string[]): Promise<Report> {
  const { code, stdout, stderr } = await runCli(['doctor', '--json', ...args], {
    env: { PORT: '0', ...env },
  });
  if (stdout === '') throw new Error(stderr);
  const { ok, checks } = JSON.parse(stdout) as { ok: boolean; checks: Check[] };
  return { code, ok, of: (name) => checks.filter((check) => check.name === name) };
}

const KEY = Buffer.alloc(32, 7).toString('base64');

t.test('good settings are well', async (t) => {
  const service = await startService(t);
  const env = { DATABASE_URL: service.url, SECRET_ENCRYPTION_KEY: KEY };
  const { code, ok, of } = await doctor(env);
  t.strictSame([code, ok], [0, true]);
  t.match(of('node'), [{ status: 'ok' }]);
  t.strictSame(of('config'), [
    { name: 'config', status: 'ok', detail: 'every setting is understood' },
  ]);
  t.match(of('database'), [
    {
      status: 'ok',
      detail: /^Postgres \d+.* at 127\.0\.0\.1:\d+\/posthorn_test_\w+, [\d.]+ ms away$/,
    },
  ]);
  t.match(of('migrations'), [{ status: 'ok', detail: 'up to date' }]);
  t.match(of('clock'), [{ status: 'ok' }]);
  t.match(of('connections'), [{ detail: /\d+ of \d+ connections are in use/ }]);
  t.match(of('workers'), [{ status: 'ok', detail: '1 at work' }]);
  t.match(of('redis'), [{ status: 'skipped' }]);
  const human = await runCli(['doctor'], { env: { ...env, PORT: '0' } });
  t.equal(human.code, 0);
  t.match(human.stdout, /^✓ database {8}Postgres /m);
});

t.test('every wrong setting is named, and the rest is looked at all the same', async (t) => {
  const database = await createTestDatabase(t);
  const { code, of } = await doctor({
    DATABASE_URL: database.url,
    RETENTION_HOURS: 'long',
    LOG_LEVEL: 'loud',
  });
  t.equal(code, 1);
  t.match(of('config'), [
    { status: 'failed', detail: /^RETENTION_HOURS must be/, fix: /unset RETENTION_HOURS/ },
    { status: 'failed', detail: /^LOG_LEVEL must be one of/ },
  ]);
  t.match(of('database'), [{ status: 'ok' }]);
  t.match(of('workers'), [
    { status: 'warning', detail: 'none is running', fix: /posthorn worker/ },
  ]);
  t.match((await doctor({ DATABASE_URL: 'mysql://x' })).of('database'), [{ status: 'skipped' }]);
});

t.test('a database that cannot be used is told with the reason', async (t) => {
  const empty = await createEmptyDatabase(t);
  const missing = new URL(empty.url);
  missing.pathname = '/nowhere';
  const refused = await doctor({ DATABASE_URL: 'postgres://u:secret-word@127.0.0.1:1/x' });
  t.match(refused.of('database'), [
    {
      status: 'failed',
      detail: /127\.0\.0\.1:1\/x: nothing listens there/,
      fix: /Start Postgres/,
    },
  ]);
  t.notMatch(JSON.stringify(refused.of('database')), 'secret-word');
  t.equal(refused.code, 1);
  t.match((await doctor({ DATABASE_URL: missing.href })).of('database'), [
    { status: 'failed', fix: /create database posthorn/ },
  ]);
  const fresh = await doctor({ DATABASE_URL: empty.url });
  t.match(fresh.of('migrations'), [
    { status: 'warning', detail: /to apply, the first 0001_/, fix: /posthorn migrate/ },
  ]);
  const { rows } = await empty.pool.query("select to_regclass('posthorn.migrations') as ledger");
  t.equal(rows[0].ledger, null, 'nothing was changed');
  const latin = await createEmptyDatabase(t, "encoding 'LATIN1' locale 'C' template template0");
  t.match((await doctor({ DATABASE_URL: latin.url })).of('database'), [
    { status: 'failed', detail: /LATIN1/ },
  ]);

  const newer = await createTestDatabase(t);
  await newer.pool.query(
    "insert into posthorn.migrations (id, name, fingerprint) values (9999, 'future', '')",
  );
  t.match((await doctor({ DATABASE_URL: newer.url })).of('migrations'), [
    { status: 'failed', fix: /newer Posthorn/ },
  ]);
  const other = await createTestDatabase(t);
  await other.pool.query("update posthorn.migrations set name = 'foundation' where id = 1");
  t.match((await doctor({ DATABASE_URL: other.url })).of('migrations'), [
    { status: 'failed', detail: /another development build.*foundation/, fix: /empty database/ },
  ]);
});

t.test('the port, Redis and the data directory are looked at', async (t) => {
  const server = createServer((socket) => socket.end()).listen(0, '127.0.0.1');
  t.teardown(() => server.close());
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  const folder = await mkdtemp(join(tmpdir(), 'posthorn-doctor-'));
  t.teardown(() => rm(folder, { recursive: true }));
  await writeFile(join(folder, 'file'), '');

  const taken = await doctor({
    PORT: String(port),
    REDIS_URL: 'redis://127.0.0.1:1',
    DATA_DIR: join(folder, 'new', 'data'),
  });
  t.equal(taken.code, 1);
  t.match(taken.of('port'), [
    { status: 'failed', detail: /in use by another program/, fix: /set PORT/ },
  ]);
  t.match(taken.of('redis'), [{ status: 'failed', detail: /ECONNREFUSED/, fix: /works without/ }]);
  t.match(taken.of('data directory'), [{ status: 'ok', detail: /GB free$/ }]);
  t.match(taken.of('database'), [{ detail: /embedded/ }]);
  t.match((await doctor({ DATA_DIR: join(folder, 'file') })).of('data directory'), [
    { status: 'failed', detail: /is not a folder/ },
  ]);
  t.match((await doctor({ HOST: '192.0.2.1', PORT: '3000' })).of('port'), [
    { status: 'failed', fix: /Set HOST/ },
  ]);

  const database = await createTestDatabase(t);
  const { address } = await spawnPosthorn(t, 'api', { databaseUrl: database.url });
  const served = await doctor({ DATABASE_URL: database.url, PORT: new URL(address).port });
  t.match(served.of('port'), [
    { status: 'ok', detail: /Posthorn serves \d+ on 127\.0\.0\.1 already/ },
  ]);
});

t.test('an old Node is told', async (t) => {
  t.match(checkNode('22.18.0'), { status: 'failed', fix: /22\.19/ });
  t.match(checkNode('22.19.0'), { status: 'ok' });
  t.match(checkNode('24.0.0'), { status: 'ok' });
});

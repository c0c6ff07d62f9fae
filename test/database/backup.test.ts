import { execFile } from 'node:child_process';
import { readdir, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { Webhook } from 'standardwebhooks';
import t from 'tap';
import { createEmptyDatabase, createTestDatabase } from '../helpers/postgres.ts';
import { startReceiver, type ReceivedRequest } from '../helpers/receiver.ts';
import { startService, type Service } from '../helpers/service.ts';
import { startSystemPostgres, systemPostgresIsMissing } from '../helpers/system-postgres.ts';
import { until } from '../helpers/until.ts';

const SCRIPTS = fileURLToPath(new URL('../../scripts/', import.meta.url));
const ENV = {
  SECRET_ENCRYPTION_KEY: Buffer.alloc(32, 3).toString('base64'),
  RETRY_SCHEDULE: '30s,30s',
};
const TIMEOUT_MS = 100_000;

/** Publishes from several sides until told to stop; knows what has been accepted. */
function startLoad(service: Service) {
  const accepted: string[] = [];
  const stopping = new AbortController();
  const sides = Array.from({ length: 6 }, async (_, side) => {
    for (let number = 0; !stopping.signal.aborted; number += 1) {
      const { id } = await service.publish({
        event_type: 'order.created',
        payload: { side, number },
        ...(number % 5 === 0 && { ordering_key: `side-${side}` }),
      });
      accepted.push(id);
    }
  });
  return {
    accepted,
    async stop() {
      stopping.abort();
      await Promise.all(sides);
    },
  };
}

t.test('a backup', { skip: systemPostgresIsMissing, timeout: TIMEOUT_MS }, async (t) => {
  const { url, bin } = await startSystemPostgres(t);
  process.env['POSTHORN_TEST_DATABASE_URL'] = url;
  const run = (script: string, databaseUrl: string, file: string) =>
    promisify(execFile)(`${SCRIPTS}${script}`, [file], {
      env: { PATH: process.env['PATH'], PGBIN: bin, DATABASE_URL: databaseUrl },
    });

  let isMended = false;
  const receiver = await startReceiver(t, {
    byRequest: ({ url: path }) => {
      if (isMended || path === '/healthy') return 200;
      return path === '/slow' ? { delayMs: 1_500 } : 503;
    },
  });
  const database = await createTestDatabase(t);
  const service = await startService(t, { database, env: ENV });
  const healthy = await service.subscribe(`${receiver.url}healthy`, { name: 'healthy' });
  await service.subscribe(`${receiver.url}broken`, { name: 'broken' });
  await service.subscribe(`${receiver.url}slow`, { name: 'slow' });
  const paused = await service.subscribe(`${receiver.url}paused`, {
    name: 'paused',
    status: 'paused',
  });

  const folder = t.testdir({});
  const file = `${folder}/posthorn.dump`;
  const load = startLoad(service);
  let before: readonly string[] = [];

  await t.test('is taken under load, and is whole', async (t) => {
    await until(() => load.accepted.length > 300, { what: 'load', timeoutMs: 30_000 });
    before = [...load.accepted];
    await run('backup.sh', database.url, file);
    const during = load.accepted.length - before.length;
    await until(() => load.accepted.length > before.length + during + 20, {
      what: 'more load',
      timeoutMs: 30_000,
    });
    await load.stop();
    t.comment(`${before.length} events before, ${during} during, ${load.accepted.length} in all`);
    t.ok(during > 0, 'events were accepted meanwhile');
    t.same(await readdir(folder), ['posthorn.dump']);
    t.equal((await stat(file)).mode & 0o777, 0o600);
  });

  await t.test('that fails leaves no file', async (t) => {
    const nowhere = new URL(database.url);
    nowhere.pathname = '/nowhere';
    await t.rejects(
      run('backup.sh', nowhere.href, `${folder}/other.dump`),
      /"nowhere" does not exist/,
    );
    t.same(await readdir(folder), ['posthorn.dump']);
  });

  await service.stopWorker();
  const restored = await createEmptyDatabase(t);

  await t.test(
    'is restored to another database, with every event accepted before it',
    async (t) => {
      const { stdout } = await run('restore.sh', restored.url, file);
      t.match(stdout, /restored to migration \d+/);
      const { rows } = await restored.pool.query(
        `select count(distinct e.id)::integer as events, count(d.id)::integer as deliveries
      from unnest($1::uuid[]) as wanted (id)
      join posthorn.events as e on e.id = wanted.id
      join posthorn.deliveries as d on d.event_id = e.id
        and d.id between posthorn.uuid_first_sibling(e.id) and posthorn.uuid_last_sibling(e.id)`,
        [before],
      );
      t.same(rows[0], { events: before.length, deliveries: before.length * 4 });
    },
  );

  await t.test('is restored into an empty database only', async (t) => {
    await t.rejects(run('restore.sh', restored.url, file), /has .*posthorn.* already/);
    await t.rejects(run('restore.sh', database.url, file), /already/);
  });

  await t.test('is what the service runs on: every delivery ends, signed as before', async (t) => {
    const {
      rows: [held],
    } = await restored.pool.query<{ count: number }>(
      'select count(*)::integer as count from posthorn.workers',
    );
    t.equal(held?.count, 0, 'no worker of the old database is waited for');
    isMended = true;
    receiver.requests.length = 0;
    const second = await startService(t, { database: restored, env: ENV });
    await second.patch(paused.id, { status: 'active' });
    // Retries that wait need not be waited for here.
    await restored.pool.query(
      `update posthorn.deliveries set next_attempt_at = now()
      where status = 'pending' and next_attempt_at is not null`,
    );
    await restored.pool.query('select posthorn.schedule_promotions(array[now()])');
    const { id } = await second.publish({
      event_type: 'order.created',
      payload: { after: 'the restore' },
    });
    await until(
      async () => {
        const { rows } = await restored.pool.query(
          'select count(*)::integer as count from posthorn.deliveries where completed_at is null',
        );
        return rows[0].count === 0;
      },
      { what: 'every delivery to end', timeoutMs: 60_000 },
    );
    const { rows } = await restored.pool.query(
      'select status, count(*)::integer as count from posthorn.deliveries group by status',
    );
    t.same(
      rows.map(({ status }) => status),
      ['delivered'],
    );
    const request = receiver.requests.find(
      ({ url: path, headers }) => path === '/healthy' && headers['webhook-id'] === id,
    ) as ReceivedRequest;
    t.doesNotThrow(() =>
      new Webhook(healthy.secret).verify(request.body, request.headers as Record<string, string>),
    );
    t.comment(`${rows[0]?.count} deliveries`);
  });
});

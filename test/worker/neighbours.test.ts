import { runMigrations } from 'graphile-worker';
import type { Pool } from 'pg';
import t from 'tap';
import { migrate } from '../../src/database/migrate.ts';
import { createLogger } from '../../src/base/logger.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { createEmptyDatabase } from '../helpers/postgres.ts';
import { startReceiver } from '../helpers/receiver.ts';
import { startService, untilWorkers } from '../helpers/service.ts';
import { until } from '../helpers/until.ts';

/* An application in the same database that has a queue of Graphile Worker's own, as it comes. */

const TASKS = [
  'deliver',
  'promote',
  'drain',
  'end_waiting',
  'sweep',
  'alert',
  'replay',
  'maintain',
];
const logger = createLogger({ logLevel: 'silent' });

// Each makes and migrates a database of its own.
t.setTimeout(180_000);

const migrateNeighbour = (url: string): Promise<void> =>
  runMigrations({ connectionString: url, schema: 'graphile_worker', maxPoolSize: 1 });

/** Jobs of our tasks' names: one of each waits, and one of each has been under way for an hour. */
async function addForeignJobs(pool: Pool): Promise<void> {
  for (const task of TASKS) {
    await pool.query(`select graphile_worker.add_job($1, '{"deliveries": []}', job_key := $2)`, [
      task,
      `${task}:1`,
    ]);
    await pool.query('select graphile_worker.add_job($1, \'{"of": "the application"}\')', [task]);
  }
  await pool.query(
    `update graphile_worker._private_jobs
    set locked_by = 'worker-of-the-application', locked_at = now() - interval '1 hour', attempts = 1
    where key is null`,
  );
  await pool.query(
    `insert into graphile_worker._private_known_crontabs (identifier, known_since)
    values ('cron:sweep', now())`,
  );
}

/** Everything in the application's schema: definitions, rows and where on disk each row is. */
async function snapshot(pool: Pool): Promise<unknown> {
  const { rows: tables } = await pool.query<{ name: string }>(
    `select relname as name from pg_class
    where relnamespace = 'graphile_worker'::regnamespace and relkind = 'r' order by relname`,
  );
  const contents: unknown[] = [];
  for (const { name } of tables) {
    const { rows } = await pool.query(
      `select ctid::text, xmin::text, to_jsonb(r)::text as row from graphile_worker.${name} as r
      order by ctid`,
    );
    contents.push({ name, rows });
  }
  const { rows: definitions } = await pool.query(
    `select pg_get_functiondef(oid) as text from pg_proc
    where pronamespace = 'graphile_worker'::regnamespace
    union all
    select attrelid::regclass || ' ' || attname || ' ' || atttypid::regtype from pg_attribute
    where attrelid in (
      select oid from pg_class where relnamespace = 'graphile_worker'::regnamespace)
    order by text`,
  );
  return { contents, definitions };
}

t.test(
  "an application's queue is as it was after ours was made, has worked and was swept",
  async (t) => {
    const database = await createEmptyDatabase(t);
    const { pool, url } = database;
    await migrateNeighbour(url);
    await addForeignJobs(pool);
    const before = await snapshot(pool);

    await migrate(url, { logger });
    const service = await startService(t, { database });
    const receiver = await startReceiver(t, [500, 200]);
    const { id } = await service.subscribe(receiver.url);
    const { delivery_id: deliveryId } = await service.ingest(id);
    await service.untilDelivery(deliveryId, 'delivered');
    for (const task of ['sweep', 'maintain']) {
      await pool.query(`select ${QUEUE_SCHEMA}.add_job($1, '{}', job_key := $1)`, [task]);
      await until(
        async () =>
          (await pool.query(`select from ${QUEUE_SCHEMA}.jobs where key = $1`, [task])).rowCount ===
          0,
        { timeoutMs: 60_000 },
      );
    }
    await service.stopWorker();

    t.strictSame(await snapshot(pool), before);
  },
);

t.test('bringing our queue up to date stops no other worker of the database', async (t) => {
  const { pool, url } = await createEmptyDatabase(t);
  const listener = await pool.connect();
  t.teardown(async () => listener.release(true));
  const heard: string[] = [];
  listener.on('notification', ({ channel }) => void heard.push(channel));
  await listener.query('listen "worker:migrate"; listen "test:end"');

  await migrate(url, { logger });
  await pool.query(`notify "test:end"`);
  await until(() => heard.includes('test:end'));
  t.strictSame(heard, ['test:end']);
});

t.test('a worker goes on while an application brings its own queue up to date', async (t) => {
  const database = await createEmptyDatabase(t);
  const { pool, url } = database;
  await migrate(url, { logger });
  const service = await startService(t, { database });
  const findWorkers = async () => (await pool.query('select pool_id from posthorn.workers')).rows;
  const workers = await findWorkers();
  const exitCode = process.exitCode;

  await migrateNeighbour(url);
  const receiver = await startReceiver(t);
  const { id } = await service.subscribe(receiver.url);
  const { delivery_id: deliveryId } = await service.ingest(id);
  await service.untilDelivery(deliveryId, 'delivered');
  t.strictSame(await findWorkers(), workers);
  t.equal(
    process.exitCode,
    exitCode,
    "and its process will not end with a code of Graphile Worker's",
  );
  await untilWorkers(service, 1);
});

t.test('advisory locks are pairs of which the first number is ours', async (t) => {
  const database = await createEmptyDatabase(t);
  const { pool, url } = database;
  await migrate(url, { logger });
  const { rows: functions } = await pool.query<{ name: string; call: string }>(
    `select proname as name, (regexp_matches(prosrc, 'advisory\\w+\\(\\s*([^,;]*)', 'g'))[1] as call
    from pg_proc where pronamespace = 'posthorn'::regnamespace`,
  );
  t.not(functions.length, 0);
  for (const { name, call } of functions) t.match(call, /^hashtext\('posthorn/, name);

  await startService(t, { database });
  const { rows: held } = await pool.query<{ is_worker: boolean; is_pair: boolean }>(
    `select classid = hashtext('posthorn.worker')::oid as is_worker, objsubid = 2 as is_pair
    from pg_locks
    where locktype = 'advisory' and database = (
      select oid from pg_database where datname = current_database())`,
  );
  t.ok(
    held.some((lock) => lock.is_worker),
    'that of the worker among them',
  );
  t.ok(held.every((lock) => lock.is_pair));
});

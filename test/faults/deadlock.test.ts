import t from 'tap';
import { createAcceptService } from '../../src/accept/accept.service.ts';
import { idAt, requestOf, useStorage } from '../helpers/storage.ts';
import { migrate } from '../../src/database/migrate.ts';
import { createLogger } from '../../src/base/logger.ts';
import { createEmptyDatabase, createTestDatabase } from '../helpers/postgres.ts';
import { until } from '../helpers/until.ts';

t.test('a batch that loses a deadlock against a migration is accepted all the same', async (t) => {
  const { pool } = await createTestDatabase(t);
  const storage = useStorage(pool);
  await storage.addSubscription();
  const accept = createAcceptService({ pool, concurrency: 1, now: Date.now });
  await accept.accept(requestOf());

  const migration = await pool.connect();
  t.teardown(async () => void migration.release());
  // Whoever waits for longest looks for a deadlock first and is the one that is taken back.
  await migration.query(`begin; set local deadlock_timeout = '1min'`);
  await migration.query('lock table posthorn.deliveries in access exclusive mode');
  const accepted = accept.accept(requestOf());
  await until(async () => {
    const { rows } = await pool.query('select from pg_locks where not granted');
    return rows.length > 0;
  });
  await migration.query('lock table posthorn.events in access exclusive mode');
  await migration.query('commit');

  const [answer] = await accepted;
  t.match(answer, { outcome: 'accepted', deliveryCount: 1 });
  t.equal((await storage.deliveriesOf(answer?.eventId ?? idAt(0))).length, 1);
  await until(
    async () => {
      const { rows } = await pool.query(
        'select from pg_stat_database where datname = current_database() and deadlocks > 0',
      );
      return rows.length > 0;
    },
    { what: 'the deadlock that this is about' },
  );
});

t.test('a migration that loses a deadlock is applied all the same', async (t) => {
  const { pool, url } = await createEmptyDatabase(t);
  await pool.query(`create schema posthorn; create table posthorn.migrations (
    id integer not null constraint migrations_pkey primary key,
    name text not null,
    fingerprint text not null,
    applied_at timestamptz not null default now()
  )`);
  const other = await pool.connect();
  t.teardown(async () => void other.release());
  const hold = (id: number) =>
    other.query(`insert into posthorn.migrations (id, name, fingerprint) values ($1, 'held', '')`, [
      id,
    ]);
  // Whoever waits for longest looks for a deadlock first and is the one that is taken back.
  await other.query(`begin; set local deadlock_timeout = '1min'`);
  await hold(2);
  const migrated = migrate(url, { logger: createLogger({ logLevel: 'silent' }) });
  await until(async () => {
    const { rows } = await pool.query('select from pg_locks where not granted');
    return rows.length > 0;
  });
  // The migrator's session lock, which it holds from beginning to end.
  const {
    rows: [lock],
  } = await pool.query(
    `select classid::integer as class, objid::integer as key from pg_locks
    where locktype = 'advisory' and granted and database = (
      select oid from pg_database where datname = current_database())`,
  );
  await other.query(`set local statement_timeout = '1500ms'`);
  await t.rejects(other.query('select pg_advisory_xact_lock($1, $2)', [lock.class, lock.key]), {
    code: '57014',
  });
  await other.query('rollback');
  t.ok((await migrated) > 2);
  await until(
    async () => {
      const { rows } = await pool.query(
        'select from pg_stat_database where datname = current_database() and deadlocks > 0',
      );
      return rows.length > 0;
    },
    { what: 'the deadlock that this is about' },
  );
});

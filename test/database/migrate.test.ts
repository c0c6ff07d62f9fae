import t, { type Test } from 'tap';
import { migrate } from '../../src/database/migrate.ts';
import { createLogger } from '../../src/base/logger.ts';
import { QUEUE_SCHEMA } from '../../src/database/queue-schema.ts';
import { createEmptyDatabase, createTestDatabase, type TestDatabase } from '../helpers/postgres.ts';

const logger = createLogger({ logLevel: 'silent' });

t.test('twenty migrators at once leave each migration applied once', async (t) => {
  const { url, pool } = await createEmptyDatabase(t);
  const counts = await Promise.all(Array.from({ length: 20 }, () => migrate(url, { logger })));
  t.equal(counts.filter((count) => count > 0).length, 1, 'one of them did all the work');
  const { rows } = await pool.query('select id from posthorn.migrations order by id');
  t.strictSame(
    rows.map((row) => row.id),
    Array.from({ length: Math.max(...counts) }, (_, i) => i + 1),
  );
});

t.test('a migrated database is left alone', async (t) => {
  const { url } = await createTestDatabase(t);
  t.equal(await migrate(url, { logger }), 0);
});

t.test('the queue is migrated before our schema', async (t) => {
  const { pool } = await createTestDatabase(t);
  const {
    rows: [row],
  } = await pool.query(`
    select (select min(ts) from ${QUEUE_SCHEMA}.migrations)
      < (select min(applied_at) from posthorn.migrations) as is_first
  `);
  t.ok(row.is_first);
});

t.test('a newer database is refused and not touched', async (t) => {
  const { url, pool } = await createTestDatabase(t);
  const {
    rows: [row],
  } = await pool.query('select max(id) as newest from posthorn.migrations');
  await pool.query(
    `insert into posthorn.migrations (id, name, fingerprint) values ($1, 'from_the_future', '')`,
    [row.newest + 3],
  );
  await t.rejects(migrate(url, { logger }), {
    name: 'StartError',
    message:
      `the database is at migration ${row.newest + 3}, this build knows ${row.newest}; ` +
      'run a newer build',
  });
});

/** Whatever the ledger says, nothing else may be touched. */
async function refusesOtherBuild(t: Test, { url, pool }: TestDatabase, first: string) {
  const tables = 'select schemaname, tablename from pg_tables order by 1, 2';
  const before = (await pool.query(tables)).rows;
  await t.rejects(migrate(url, { logger }), {
    name: 'StartError',
    message:
      `the database was made by another development build (its migration ${first}, is not what it ` +
      'is in this build) and cannot be upgraded; use an empty database (a new DATA_DIR for the ' +
      'embedded one), or delete everything in this one with: ' +
      `drop schema posthorn, ${QUEUE_SCHEMA} cascade`,
  });
  t.strictSame((await pool.query(tables)).rows, before);
}

t.test('a database of a development build with other migrations is refused', async (t) => {
  const database = await createEmptyDatabase(t);
  await database.pool.query(`
    create schema posthorn;
    create table posthorn.migrations (
      id integer not null primary key,
      name text not null,
      applied_at timestamptz not null default now()
    );
    insert into posthorn.migrations (id, name)
    select n, case n when 1 then 'foundation' else 'storage' end from generate_series(1, 20) as n`);
  await refusesOtherBuild(t, database, '1, foundation');
  await database.pool.query('drop schema posthorn cascade');
  t.ok((await migrate(database.url, { logger })) > 0, 'what the message says to do helps');
});

t.test('a database with an older form of a migration is refused', async (t) => {
  const database = await createTestDatabase(t);
  await database.pool.query(
    `update posthorn.migrations set fingerprint = 'before the edit' where name = 'matching'`,
  );
  await refusesOtherBuild(t, database, '3, matching');
});

t.test('a database in another encoding is refused', async (t) => {
  const { url } = await createEmptyDatabase(t, "encoding 'LATIN1' locale 'C' template template0");
  await t.rejects(migrate(url, { logger }), {
    name: 'StartError',
    message: /^the database is encoded in LATIN1; create one with: create database/,
  });
});

t.test('a failed migration leaves no ledger row and frees the lock', async (t) => {
  const { url, pool } = await createEmptyDatabase(t);
  await pool.query('create schema posthorn; create table posthorn.subscriptions ()');
  await t.rejects(migrate(url, { logger }), {
    message:
      /^migration 0002_subscriptions\.sql failed.*: relation "subscriptions" already exists$/,
  });
  t.strictSame((await pool.query('select id from posthorn.migrations')).rows, [{ id: 1 }]);
  await pool.query('drop table posthorn.subscriptions');
  t.ok((await migrate(url, { logger })) > 0);
});

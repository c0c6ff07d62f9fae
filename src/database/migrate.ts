import { setTimeout as delay } from 'node:timers/promises';
import { Logger as GraphileLogger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from '../base/logger.ts';
import { findPending, type Migration } from './migrations.ts';
import { QUEUE_PRESET } from './queue-schema.ts';
import { StartError } from '../base/start-error.ts';

const MIN_SERVER_VERSION = 150_000;

/**
 * A migration takes the locks of several tables while batches that take them in another order go
 * on, and of a deadlock's two either may be the one that is taken back.
 */
const DEADLOCK = '40P01';
const MAX_TRIES = 10;
const AGAIN_AFTER_MS = 100;

/** @throws StartError when this server cannot be used, whatever is in it. */
export async function checkServer(client: pg.Client): Promise<void> {
  const {
    rows: [server],
  } = await client.query<{ version: string; num: number; encoding: string }>(`
    select current_setting('server_version') as version,
      current_setting('server_version_num')::int as num,
      current_setting('server_encoding') as encoding
  `);
  if (server === undefined) throw new Error('the server did not name its version');
  if (server.num < MIN_SERVER_VERSION) {
    throw new StartError(
      `the database runs Postgres ${server.version}; Posthorn needs 15 or later`,
    );
  }
  if (server.encoding !== 'UTF8') {
    throw new StartError(
      `the database is encoded in ${server.encoding}; create one with: ` +
        "create database posthorn encoding 'UTF8' template template0",
    );
  }
}

async function apply(client: pg.Client, migration: Migration, logger: Logger): Promise<void> {
  for (let tries = 1; ; tries += 1) {
    try {
      await applyOnce(client, migration);
      return;
    } catch (error) {
      const isLastTry = tries === MAX_TRIES || (error as { code?: string }).code !== DEADLOCK;
      if (isLastTry) {
        throw new Error(`migration ${migration.file} failed${lineOf(error, migration.sql)}`, {
          cause: error,
        });
      }
      logger.warn({ migration: migration.file }, 'lost a deadlock; trying again');
      await delay(tries * AGAIN_AFTER_MS);
    }
  }
}

async function applyOnce(client: pg.Client, migration: Migration): Promise<void> {
  const { id, name, fingerprint, sql } = migration;
  await client.query('begin');
  try {
    // The ledger row comes first: without the lock, a second migrator would wait here and lose.
    await client.query(
      'insert into posthorn.migrations (id, name, fingerprint) values ($1, $2, $3)',
      [id, name, fingerprint],
    );
    await client.query(sql);
    await client.query('commit');
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    throw error;
  }
}

/** Where in the file Postgres found the fault, when it says so. */
function lineOf(error: unknown, sql: string): string {
  const { position, message } = error as { position?: string; message: string };
  if (position === undefined) return `: ${message}`;
  return ` at line ${sql.slice(0, Number(position)).split('\n').length}: ${message}`;
}

function graphileLogger(logger: Logger): GraphileLogger {
  return new GraphileLogger(() => (level, message) => {
    if (level === 'error' || level === 'warning') logger.warn(`graphile-worker: ${message}`);
    else logger.debug(`graphile-worker: ${message}`);
  });
}

async function migrateLocked(client: pg.Client, url: string, logger: Logger): Promise<number> {
  const pending = await findPending(client);

  // The queue's schema comes first, since our functions call its add_job.
  await runMigrations({
    connectionString: url,
    preset: QUEUE_PRESET,
    logger: graphileLogger(logger),
    maxPoolSize: 1,
  });

  await client.query(`
    create schema if not exists posthorn;
    create table if not exists posthorn.migrations (
      id integer not null constraint migrations_pkey primary key,
      name text not null,
      fingerprint text not null,
      applied_at timestamptz not null default now()
    );
  `);
  for (const migration of pending) {
    await apply(client, migration, logger);
    logger.info({ migration: migration.file }, 'applied a migration');
  }
  if (pending.length > 0) {
    // Every function is everybody's until it is revoked, and publishers may use the schema.
    await client.query('revoke execute on all functions in schema posthorn from public');
  }
  return pending.length;
}

/**
 * Brings the database to this build's schema, the queue's included, and returns how many
 * migrations it applied. Any number of processes may call it at once: one works, the others wait
 * and find nothing left to do. Needs a direct connection, since a transaction-mode pooler would
 * lose the lock.
 *
 * @throws StartError when the server is too old, not UTF-8, at a newer schema than this build,
 *   or was made by another development build.
 */
export async function migrate(url: string, { logger }: { logger: Logger }): Promise<number> {
  const client = new pg.Client({ connectionString: url, application_name: 'posthorn migrate' });
  client.on('error', (err) => logger.warn({ err }, 'lost the migrating connection'));
  await client.connect();
  try {
    await checkServer(client);
    // One migrates while the others wait.
    await client.query(`select pg_advisory_lock(hashtext('posthorn'), hashtext('migrate'))`);
    return await migrateLocked(client, url, logger);
  } finally {
    // Ending the session frees the lock.
    await client.end();
  }
}

import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { Logger as GraphileLogger, runMigrations } from 'graphile-worker';
import pg from 'pg';
import type { Logger } from '../base/logger.ts';
import { QUEUE_PRESET } from './queue-schema.ts';
import { StartError } from '../base/start-error.ts';

const DIRECTORY = new URL('../../sql/migrations/', import.meta.url);
const MIN_SERVER_VERSION = 150_000;

/**
 * A migration takes the locks of several tables while batches that take them in another order go
 * on, and of a deadlock's two either may be the one that is taken back.
 */
const DEADLOCK = '40P01';
const MAX_TRIES = 10;
const AGAIN_AFTER_MS = 100;

type Migration = {
  readonly id: number;
  readonly name: string;
  readonly file: string;
  readonly sql: string;
  readonly fingerprint: string;
};

type AppliedMigration = {
  readonly id: number;
  readonly name: string;
  /** Null in a ledger from before there were any. */
  readonly fingerprint: string | null;
};

/** The database was made by a development build whose migrations are not those of this one. */
export class OtherBuildError extends StartError {}

/** The migrations this build brings, in order. */
async function listMigrations(): Promise<readonly Migration[]> {
  const files = (await readdir(DIRECTORY)).filter((file) => file.endsWith('.sql')).sort();
  return Promise.all(files.map(readMigration));
}

async function readMigration(file: string, index: number): Promise<Migration> {
  const match = /^(\d{4})_([a-z0-9_]+)\.sql$/.exec(file);
  const [, id, name] = match ?? [];
  if (id === undefined || name === undefined || Number(id) !== index + 1) {
    throw new Error(`sql/migrations/${file} should be number ${index + 1} and named NNNN_name.sql`);
  }
  const sql = await readFile(new URL(file, DIRECTORY), 'utf8');
  return { id: Number(id), name, file, sql, fingerprint: fingerprintOf(sql) };
}

/** Of what a migration does: its comments and its layout may change. */
function fingerprintOf(sql: string): string {
  const statements = sql.replaceAll(/--.*$/gm, '').replaceAll(/\s+/g, ' ').trim();
  return createHash('sha256').update(statements).digest('hex').slice(0, 16);
}

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

async function findApplied(client: pg.Client): Promise<readonly AppliedMigration[]> {
  const {
    rows: [ledger],
  } = await client.query<{ exists: boolean }>(
    "select to_regclass('posthorn.migrations') is not null as exists",
  );
  if (ledger?.exists !== true) return [];
  const { rows } = await client.query<AppliedMigration>(
    `select id, name, to_json(m) ->> 'fingerprint' as fingerprint
    from posthorn.migrations as m order by id`,
  );
  return rows;
}

/**
 * Until the first release migrations are edited in place, and a database that has the older form of
 * one would seem up to date while it is not.
 */
function refuseOtherBuild(applied: readonly AppliedMigration[], known: readonly Migration[]): void {
  const other = applied.find(({ id, name, fingerprint }) => {
    const migration = known[id - 1];
    return (
      migration !== undefined && (migration.name !== name || migration.fingerprint !== fingerprint)
    );
  });
  if (other === undefined) return;
  throw new OtherBuildError(
    `the database was made by another development build (its migration ${other.id}, ${other.name}, ` +
      'is not what it is in this build) and cannot be upgraded; use an empty database (a new ' +
      'DATA_DIR for the embedded one), or delete everything in this one with: ' +
      'drop schema posthorn, posthorn_queue cascade',
  );
}

function refuseNewerDatabase(
  applied: readonly AppliedMigration[],
  known: readonly Migration[],
): void {
  const newest = applied.at(-1)?.id ?? 0;
  const newestKnown = known.at(-1)?.id ?? 0;
  if (newest > newestKnown) {
    throw new StartError(
      `the database is at migration ${newest}, this build knows ${newestKnown}; run a newer build`,
    );
  }
}

/** The migrations that the database lacks. @throws StartError when it is not one of this build's. */
async function findPending(client: pg.Client): Promise<readonly Migration[]> {
  const migrations = await listMigrations();
  const applied = await findApplied(client);
  refuseOtherBuild(applied, migrations);
  refuseNewerDatabase(applied, migrations);
  const ids = new Set(applied.map(({ id }) => id));
  return migrations.filter(({ id }) => !ids.has(id));
}

/**
 * The files of the migrations that the database still needs; changes nothing.
 *
 * @throws StartError when it is newer, or was made by another development build.
 */
export async function findPendingMigrations(client: pg.Client): Promise<readonly string[]> {
  return (await findPending(client)).map(({ file }) => file);
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
      logger.warn({ migration: migration.file }, 'lost a deadlock against what goes on; again');
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

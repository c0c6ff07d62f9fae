import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type pg from 'pg';
import { StartError } from '../base/start-error.ts';
import { QUEUE_SCHEMA } from './queue-schema.ts';

const DIRECTORY = new URL('../../sql/migrations/', import.meta.url);

export type Migration = {
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
      `drop schema posthorn, ${QUEUE_SCHEMA} cascade`,
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

/**
 * The migrations that the database still needs, in order; changes nothing.
 *
 * @throws StartError when it is newer, or was made by another development build.
 */
export async function findPending(client: pg.Client): Promise<readonly Migration[]> {
  const migrations = await listMigrations();
  const applied = await findApplied(client);
  refuseOtherBuild(applied, migrations);
  refuseNewerDatabase(applied, migrations);
  const ids = new Set(applied.map(({ id }) => id));
  return migrations.filter(({ id }) => !ids.has(id));
}

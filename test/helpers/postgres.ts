import { createHash, randomBytes } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import type { Kysely } from 'kysely';
import pg from 'pg';
import t from 'tap';
import { startTemporaryPostgres } from '../../scripts/temporary-postgres.ts';
import { createDatabase } from '../../src/database/database.ts';
import { migrate } from '../../src/database/migrate.ts';
import type { DB } from '../../src/database/tables.ts';
import { createLogger } from '../../src/base/logger.ts';

/** The part of tap's `t` that is needed here. */
export type Teardown = { readonly teardown: (end: () => Promise<void>) => unknown };

export type TestDatabase = {
  readonly url: string;
  readonly pool: pg.Pool;
  readonly db: Kysely<DB>;
};

const MIGRATIONS = new URL('../../sql/migrations/', import.meta.url);
const TEMPLATE_LOCK = 7_074_706;

let server: Promise<string> | undefined;

/** The server that scripts/test.ts shares among all files; a file run by itself starts its own. */
function findServer(): Promise<string> {
  server ??= (async () => {
    const shared = process.env['POSTHORN_TEST_DATABASE_URL'];
    if (shared !== undefined && shared !== '') return shared;
    const postgres = await startTemporaryPostgres();
    t.teardown(postgres.stop);
    return postgres.url;
  })();
  return server;
}

function withDatabase(url: string, database: string): string {
  const changed = new URL(url);
  changed.pathname = `/${database}`;
  return changed.href;
}

/** Names the template after what it is made of, so that a changed migration makes a new one. */
async function nameTemplate(): Promise<string> {
  const hash = createHash('sha256');
  for (const file of (await readdir(MIGRATIONS)).sort()) {
    hash.update(file).update(await readFile(new URL(file, MIGRATIONS)));
  }
  return `posthorn_template_${hash.digest('hex').slice(0, 16)}`;
}

/** One process migrates the template, the others wait for it. */
async function ensureTemplate(admin: pg.Client, url: string): Promise<string> {
  const template = await nameTemplate();
  await admin.query('select pg_advisory_lock($1)', [TEMPLATE_LOCK]);
  try {
    const { rowCount } = await admin.query('select from pg_database where datname = $1', [
      template,
    ]);
    if (rowCount === 0) {
      const draft = `${template}_draft`;
      await admin.query(`drop database if exists ${draft}`);
      await admin.query(`create database ${draft} encoding 'UTF8' template template0`);
      await migrate(withDatabase(url, draft), { logger: createLogger({ logLevel: 'error' }) });
      await admin.query(`alter database ${draft} rename to ${template}`);
    }
    return template;
  } finally {
    await admin.query('select pg_advisory_unlock($1)', [TEMPLATE_LOCK]);
  }
}

async function withAdmin<T>(url: string, work: (admin: pg.Client) => Promise<T>): Promise<T> {
  const admin = new pg.Client({ connectionString: withDatabase(url, 'postgres') });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

async function createOn(
  server: string,
  t: Teardown,
  creation: (admin: pg.Client) => Promise<string>,
): Promise<TestDatabase> {
  const name = `posthorn_test_${process.pid}_${randomBytes(4).toString('hex')}`;
  const url = withDatabase(server, name);
  await withAdmin(server, async (admin) => {
    await admin.query(`create database ${name} ${await creation(admin)}`);
  });
  const pool = new pg.Pool({ connectionString: url, max: 10, application_name: 'posthorn test' });
  pool.on('error', () => undefined);
  t.teardown(async () => {
    await pool.end();
    await withAdmin(server, (admin) => admin.query(`drop database ${name} with (force)`));
  });
  return { url, pool, db: createDatabase(pool) };
}

/**
 * A migrated database of its own, cloned from a template, dropped when the test ends. Runs on the
 * server in POSTHORN_TEST_DATABASE_URL, or else on an embedded Postgres.
 */
export async function createTestDatabase(t: Teardown): Promise<TestDatabase> {
  const server = await findServer();
  return createOn(server, t, async (admin) => `template ${await ensureTemplate(admin, server)}`);
}

/** The same without any schema; `options` are those of `create database`. */
export async function createEmptyDatabase(
  t: Teardown,
  options = "encoding 'UTF8' template template0",
): Promise<TestDatabase> {
  return createOn(await findServer(), t, async () => options);
}

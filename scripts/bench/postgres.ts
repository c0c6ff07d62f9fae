import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/database/embedded.ts';
import { createLogger } from '../../src/base/logger.ts';
import { commandOf, familyCpuUs, parentOf } from './processes.ts';

/** A server that the benchmark started, or was given. */
export type Server = {
  readonly url: string;
  readonly version: string;
  /** Creates an empty database. */
  createDatabase(): Promise<BenchDatabase>;
  stop(): Promise<void>;
};

export type BenchDatabase = {
  readonly url: string;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
  /** CPU of the whole server; NaN when it runs on another machine or in a container. */
  cpuUs(): Promise<number>;
  /** Bytes of write-ahead log since the beginning of time. */
  walBytes(): Promise<number>;
  /** Makes runs comparable: none pays for the pages that the one before has dirtied. */
  checkpoint(): Promise<void>;
  countStatements(): Promise<StatementCounter>;
  drop(): Promise<void>;
};

export type Statement = {
  readonly calls: number;
  readonly totalMs: number;
  /** False within a function. */
  readonly isTopLevel: boolean;
  readonly text: string;
};

export type StatementCounter = {
  /** Statements that clients have sent since counting began, transaction control included. */
  stop(): Promise<{ readonly count: number; readonly costliest: readonly Statement[] } | undefined>;
};

/**
 * Otherwise stock. The module that counts statements is loaded but does nothing until it is asked
 * to, and it is not asked while anything else is measured.
 */
const SETTINGS = { shared_preload_libraries: 'pg_stat_statements' };

/** Starts the embedded Postgres, or uses the server behind a connection string. */
export async function openServer(url: string | undefined): Promise<Server> {
  if (url !== undefined) return describe(url, false, async () => undefined);
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-bench-'));
  const logger = createLogger({ logLevel: 'error' });
  const postgres = await startEmbeddedPostgres({ dataDir, logger, settings: SETTINGS });
  return describe(postgres.url, true, async () => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  });
}

async function describe(url: string, isOurs: boolean, stop: () => Promise<void>): Promise<Server> {
  const client = await connect(url);
  if (isOurs) await track(client, 'none');
  const {
    rows: [row],
  } = await client.query<{ server_version: string }>('show server_version');
  await client.end();
  let created = 0;
  return {
    url,
    version: row?.server_version.split(' ')[0] ?? 'unknown',
    stop,
    async createDatabase() {
      created += 1;
      return createDatabase(url, `posthorn_bench_${process.pid}_${created}`, isOurs);
    },
  };
}

async function connect(url: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: url, application_name: 'posthorn bench' });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Which statements pg_stat_statements counts, from each session's next statement on. */
async function track(client: pg.Client, which: 'none' | 'all'): Promise<void> {
  await client.query(`alter system set pg_stat_statements.track = '${which}'`);
  await client.query('select pg_reload_conf()');
}

async function createDatabase(
  serverUrl: string,
  name: string,
  isOurs: boolean,
): Promise<BenchDatabase> {
  const admin = await connect(serverUrl);
  await admin.query(`create database ${name}`);
  const url = new URL(serverUrl);
  url.pathname = `/${name}`;
  const client = await connect(url.href);
  const query: BenchDatabase['query'] = async (sql, values) =>
    (await client.query(sql, values)).rows;
  const postmaster = await findPostmaster(query);

  return {
    url: url.href,
    query,
    cpuUs: async () => (postmaster === undefined ? Number.NaN : familyCpuUs(postmaster)),
    async walBytes() {
      const [row] = await query<{ bytes: string }>(
        "select pg_current_wal_insert_lsn() - '0/0'::pg_lsn as bytes",
      );
      return Number(row?.bytes);
    },
    // Asking for one takes a role that may.
    checkpoint: () =>
      query('checkpoint').then(
        () => undefined,
        () => undefined,
      ),
    countStatements: () => countStatements(client, isOurs),
    async drop() {
      await client.end();
      await admin.query(`drop database ${name} with (force)`);
      await admin.end();
    },
  };
}

async function findPostmaster(query: BenchDatabase['query']): Promise<number | undefined> {
  const [row] = await query<{ pid: number }>('select pg_backend_pid() as pid');
  const backend = row?.pid ?? 0;
  if (!(await commandOf(backend)).includes('postgres')) return undefined;
  return parentOf(backend);
}

const COSTLIEST = 15;

/** On a server that is not ours it counts only if that server does. */
async function countStatements(client: pg.Client, isOurs: boolean): Promise<StatementCounter> {
  try {
    await client.query('create extension if not exists pg_stat_statements');
    if (isOurs) await track(client, 'all');
    await client.query(`select pg_stat_statements_reset(0, oid, 0) from pg_database
      where datname = current_database()`);
  } catch {
    return { stop: async () => undefined };
  }
  return {
    async stop() {
      const { rows } = await client.query<StatementRow>(
        `select calls, total_exec_time as ms, toplevel as is_top_level, query
        from pg_stat_statements join pg_database on pg_database.oid = dbid
        where datname = current_database()
        order by total_exec_time desc`,
      );
      if (isOurs) await track(client, 'none');
      const statements = rows.map((row) => ({
        calls: Number(row.calls),
        totalMs: row.ms,
        isTopLevel: row.is_top_level,
        text: row.query.replaceAll(/\s+/g, ' ').trim(),
      }));
      return {
        count: statements.reduce((sum, one) => sum + (one.isTopLevel ? one.calls : 0), 0),
        costliest: statements.slice(0, COSTLIEST),
      };
    },
  };
}

type StatementRow = { calls: string; ms: number; is_top_level: boolean; query: string };

import pg from 'pg';
import { findPostgresUser, prepareBinaries } from '../../src/database/embedded-binaries.ts';
import { ensureCluster, readAccess, urlOf } from '../../src/database/embedded-cluster.ts';
import { guardProcess, startProgram, type Program } from '../../src/database/embedded-process.ts';
import { createLogger } from '../../src/base/logger.ts';
import { until } from './wait.ts';

/** A Postgres with fsync on, which can be stopped without notice and started again. */
export type FaultyPostgres = {
  readonly url: string;
  readonly isRunning: boolean;
  /** Resolves when it answers queries. */
  start(): Promise<void>;
  /** As `pg_ctl stop -m immediate`: no session is told, recovery follows. */
  stopAtOnce(): Promise<void>;
  query<Row extends pg.QueryResultRow>(sql: string, values?: unknown[]): Promise<Row[]>;
};

const START_WITHIN_MS = 60_000;

/** Creates a cluster in the folder and starts it. */
export async function createPostgres(
  folder: string,
  settings: Readonly<Record<string, string>> = {},
): Promise<FaultyPostgres> {
  const user = await findPostgresUser();
  const logger = createLogger({ logLevel: 'error' });
  const cluster = await ensureCluster({
    folder,
    native: await prepareBinaries(user),
    user,
    logger,
  });
  const access = await readAccess(folder);
  const url = urlOf(access, 'posthorn');
  const all = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    port: String(access.port),
    max_connections: '120',
    log_line_prefix: '',
    ...settings,
  };
  let program: Program | undefined;
  let dismissGuard = (): void => undefined;

  async function query<Row extends pg.QueryResultRow>(
    sql: string,
    values: unknown[] = [],
    database = 'posthorn',
  ): Promise<Row[]> {
    const client = new pg.Client({
      connectionString: urlOf(access, database),
      connectionTimeoutMillis: 2_000,
      query_timeout: 10_000,
      application_name: 'faults',
    });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return (await client.query<Row>(sql, values)).rows;
    } finally {
      await client.end().catch(() => undefined);
    }
  }

  async function start(): Promise<void> {
    const started = await startProgram({
      program: `${cluster.native}/bin/postgres`,
      user: cluster.user,
      onLine: () => undefined,
      paths: [cluster.folder],
      args: (data) => ['-D', data, ...Object.entries(all).flatMap(([k, v]) => ['-c', `${k}=${v}`])],
    });
    program = started;
    dismissGuard = guardProcess(started.pid, cluster.user);
    void started.outcome.then(() => {
      if (program === started) program = undefined;
    });
    await until('answer from Postgres', START_WITHIN_MS, () => query('select 1', [], 'postgres'));
  }

  await start();
  await query('create database posthorn', [], 'postgres');
  return {
    url,
    start,
    query,
    get isRunning() {
      return program !== undefined;
    },
    async stopAtOnce() {
      const stopping = program;
      stopping?.kill('SIGQUIT');
      await stopping?.outcome;
      dismissGuard();
      program = undefined;
    },
  };
}

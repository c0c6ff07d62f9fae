import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import type { Logger } from '../base/logger.ts';
import { StartError } from '../base/start-error.ts';
import { findPostgresUser, prepareBinaries } from './embedded-binaries.ts';
import {
  ensureCluster,
  findRunning,
  isPostgres,
  readAccess,
  urlOf,
  writeAccess,
  type Access,
  type Cluster,
} from './embedded-cluster.ts';
import { guardProcess, startProgram, type Program } from './embedded-process.ts';
import { findFreePort, isFreePort } from './free-port.ts';

const DATABASE = 'posthorn';
const START_TIMEOUT_MS = 120_000;
const TAKE_OVER_TIMEOUT_MS = 20_000;
const STOP_TIMEOUT_MS = 20_000;
const POLL_MS = 50;
/** How Postgres answers us while it starts. */
const NOT_YET = 'the database system is starting up';

const SETTINGS: Readonly<Record<string, string>> = {
  listen_addresses: '127.0.0.1',
  unix_socket_directories: '',
  max_connections: '200',
  timezone: 'UTC',
  log_timezone: 'UTC',
  log_line_prefix: '',
  // Messages only: statements and details would bring payloads into the log.
  log_min_error_statement: 'panic',
  log_error_verbosity: 'terse',
};

export type EmbeddedPostgres = {
  /** Connection string of the database `posthorn`, password included. */
  readonly url: string;
  /** Resolves with the reason when the server ends without having been asked to. */
  readonly failed: Promise<string>;
  /** Ends the sessions that remain, then the server. Close the pools first. */
  readonly stop: () => Promise<void>;
};

export type EmbeddedOptions = {
  /** Absolute. The cluster lives in its subfolder `postgres`. */
  readonly dataDir: string;
  readonly logger: Logger;
  /** Server settings on top of the stock ones. */
  readonly settings?: Readonly<Record<string, string>>;
};

async function connect(access: Access, database: string): Promise<pg.Client> {
  const client = new pg.Client({
    connectionString: urlOf(access, database),
    application_name: `posthorn owner ${process.pid}`,
    connectionTimeoutMillis: 5_000,
  });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/**
 * Whether this session in the database `postgres` now owns the server, by an advisory lock. That
 * goes with the session, however it ends.
 */
async function own(client: pg.Client): Promise<boolean> {
  const {
    rows: [row],
  } = await client.query<{ is_ours: boolean }>(
    `select pg_try_advisory_lock(hashtext('posthorn'), hashtext('owner')) as is_ours`,
  );
  return row?.is_ours === true;
}

async function refuse(client: pg.Client, folder: string): Promise<never> {
  const {
    rows: [owner],
  } = await client.query<{ application_name: string }>(
    `select application_name from pg_stat_activity join pg_locks using (pid)
    where locktype = 'advisory' and objsubid = 2 and granted
      and (classid, objid) = (hashtext('posthorn')::oid, hashtext('owner')::oid)`,
  );
  const process = owner?.application_name.split(' ').at(-1) ?? 'unknown';
  throw new StartError(
    `the database in ${folder} is in use by another Posthorn (process ${process}); stop that one, ` +
      'or give this one its own DATA_DIR or a DATABASE_URL',
  );
}

/**
 * Clears the way: waits for a server that is stopping, stops one whose owner has died, and refuses
 * to disturb one that another process owns.
 */
async function takeOver({ folder, logger }: Cluster): Promise<void> {
  const deadline = Date.now() + TAKE_OVER_TIMEOUT_MS;
  let isStopped = false;
  while (Date.now() < deadline) {
    const running = await findRunning(folder);
    if (running === undefined) return;
    if (!(await isPostgres(running.pid)))
      return rm(join(folder, 'postmaster.pid'), { force: true });

    const access = { ...(await readAccess(folder)), port: running.port };
    const client = await connect(access, 'postgres').catch(() => undefined);
    try {
      if (client !== undefined && !isStopped) {
        if (!(await own(client))) await refuse(client, folder);
        logger.warn({ process_id: running.pid }, 'stopping an embedded Postgres left behind');
        process.kill(running.pid, 'SIGINT');
        isStopped = true;
      }
    } finally {
      await client?.end().catch(() => undefined);
    }
    await delay(POLL_MS);
  }
  const pid = (await findRunning(folder))?.pid;
  throw new StartError(`Postgres, process ${pid}, holds ${folder} and does not answer; stop it`);
}

async function choosePort(folder: string): Promise<Access> {
  const access = await readAccess(folder);
  if (await isFreePort(access.port)) return access;
  const moved = { ...access, port: await findFreePort() };
  await writeAccess(folder, moved);
  return moved;
}

async function startServer(
  cluster: Cluster,
  settings: Readonly<Record<string, string>>,
): Promise<Program> {
  let lastGrave: string | undefined;
  const server = await startProgram({
    program: join(cluster.native, 'bin', 'postgres'),
    user: cluster.user,
    onLine: (line) => {
      const isGrave = /^(WARNING|FATAL|PANIC):/.test(line) && !line.endsWith(NOT_YET);
      if (isGrave) lastGrave = line.replace(/^\w+:\s*/, '');
      cluster.logger[isGrave ? 'warn' : 'debug'](`postgres: ${line}`);
    },
    paths: [cluster.folder],
    args: (data) => [
      '-D',
      data,
      ...Object.entries(settings).flatMap(([name, value]) => ['-c', `${name}=${value}`]),
    ],
  });
  return { ...server, outcome: server.outcome.then((reason) => reason && (lastGrave ?? reason)) };
}

/** Connects as the owner once the server answers; crash recovery may make that take a while. */
async function becomeOwner(server: Program, access: Access, folder: string): Promise<pg.Client> {
  let end: string | undefined | null = null;
  void server.outcome.then((reason) => {
    end = reason;
  });
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    if (end !== null) throw new StartError(`the embedded Postgres did not start: ${end}`);
    const client = await connect(access, 'postgres').catch(async (error: Error) => {
      if (Date.now() > deadline) {
        throw new StartError(`the embedded Postgres does not answer: ${error.message}`);
      }
      await delay(POLL_MS);
    });
    if (!client) continue;
    if (await own(client)) return client;
    await refuse(client, folder).finally(() => client.end());
  }
}

async function ensureDatabase(client: pg.Client): Promise<void> {
  const { rowCount } = await client.query('select from pg_database where datname = $1', [DATABASE]);
  if (rowCount === 0) await client.query(`create database ${DATABASE}`);
}

async function stopServer(server: Program): Promise<void> {
  server.kill('SIGINT');
  const timer = setTimeout(() => server.kill('SIGQUIT'), STOP_TIMEOUT_MS);
  await server.outcome;
  clearTimeout(timer);
}

/**
 * Starts the Postgres that came with npm, on a free port of 127.0.0.1, creating its files on first
 * use. It outlives neither a clean stop nor a kill -9 of this process.
 *
 * @throws StartError when there are no binaries for this machine, no user to run them, or the data
 * is in use by another process.
 */
export async function startEmbeddedPostgres(options: EmbeddedOptions): Promise<EmbeddedPostgres> {
  const user = await findPostgresUser();
  const cluster = await ensureCluster({
    folder: join(options.dataDir, 'postgres'),
    native: await prepareBinaries(user),
    user,
    logger: options.logger,
  });
  await takeOver(cluster);
  const access = await choosePort(cluster.folder);
  const settings = { ...SETTINGS, port: String(access.port), ...options.settings };
  const server = await startServer(cluster, settings);
  const dismissGuard = guardProcess(server.pid, cluster.user);
  let owner: pg.Client | undefined;
  let isStopping = false;
  const stop = async (): Promise<void> => {
    isStopping = true;
    await owner?.end().catch(() => undefined);
    await stopServer(server);
    dismissGuard();
  };
  try {
    owner = await becomeOwner(server, access, cluster.folder);
    await ensureDatabase(owner);
  } catch (error) {
    await stop();
    throw error;
  }
  const failed = new Promise<string>((resolve) => {
    void server.outcome.then((reason) => {
      dismissGuard();
      if (!isStopping) resolve(`the embedded Postgres ended: ${reason ?? 'it was stopped'}`);
    });
  });
  return { url: urlOf(access, DATABASE), failed, stop };
}

/** The connection string of the embedded Postgres that another process runs here, if one does. */
export async function findEmbeddedPostgres(dataDir: string): Promise<string | undefined> {
  const folder = join(dataDir, 'postgres');
  const running = await findRunning(folder);
  if (running === undefined || !(await isPostgres(running.pid))) return undefined;
  return urlOf({ ...(await readAccess(folder)), port: running.port }, DATABASE);
}

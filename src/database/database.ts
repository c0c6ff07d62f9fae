import { setTimeout as delay } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import pg from 'pg';
import type { Logger } from '../base/logger.ts';
import { StartError } from '../base/start-error.ts';
import type { DB } from './tables.ts';

const CONNECT_TIMEOUT_MS = 5_000;

/** Postgres settings of a session, by name. */
export type SessionSettings = Readonly<Record<string, string>>;

/**
 * Settings of the pools that run the batch functions, as measured in
 * docs/benchmarks.md. Accepting repeats one statement whose plan never depends on its values.
 */
export const ACCEPT_SETTINGS: SessionSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  jit: 'off',
  // Nobody whose event is accepted waits for longer: what holds a table or a key is another's
  // transaction, which may stay open for hours. A cancelled statement stored nothing.
  lock_timeout: '3s',
  statement_timeout: '20s',
};

/**
 * Loading and recording take one plan for all, and only nested loops over indexes: a plan made
 * while a partition is empty is then as good when it is full, and planning, which costs more than
 * the work for batches of fewer than a hundred, is done once.
 */
export const LOAD_SETTINGS: SessionSettings = {
  plan_cache_mode: 'force_generic_plan',
  enable_seqscan: 'off',
  enable_bitmapscan: 'off',
  enable_hashjoin: 'off',
  enable_mergejoin: 'off',
  jit: 'off',
};

/** The API's lists: compiling a plan takes longer than any of them, and none needs a whole table. */
export const READ_SETTINGS: SessionSettings = { jit: 'off', enable_seqscan: 'off' };

/**
 * Replays read ranges page by page in the order of an index: sorting instead, which a plan for any
 * range prefers, reads all of what is left for each page.
 */
export const REPLAY_SETTINGS: SessionSettings = {
  ...LOAD_SETTINGS,
  enable_sort: 'off',
  enable_incremental_sort: 'off',
};

/** A record lost with the server costs one more attempt, which at-least-once delivery allows. */
export const RECORD_SETTINGS: SessionSettings = {
  ...LOAD_SETTINGS,
  synchronous_commit: 'off',
};

export type PoolOptions = {
  /** Shown in pg_stat_activity as `posthorn <name>`. */
  readonly name: string;
  readonly max: number;
  readonly logger: Logger;
  readonly settings?: SessionSettings;
};

/** A pool whose idle connections may die without taking the process with them. */
export function createPool(url: string, options: PoolOptions): pg.Pool {
  const settings = Object.entries(options.settings ?? {});
  const pool = new pg.Pool({
    connectionString: url,
    max: options.max,
    application_name: `posthorn ${options.name}`,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    idleTimeoutMillis: 60_000,
    keepAlive: true,
    ...(settings.length > 0 && {
      options: settings.map(([name, value]) => `-c ${name}=${value}`).join(' '),
    }),
  });
  pool.on('error', (err) => {
    options.logger.warn({ err, pool: options.name }, 'lost an idle database connection');
  });
  // One that dies while it is lent out fails its query, which is where it is reported.
  pool.on('connect', (client) => client.on('error', () => undefined));
  return pool;
}

/** Typed queries over a pool. `destroy()` ends the pool as well. */
export function createDatabase(pool: pg.Pool): Kysely<DB> {
  return new Kysely<DB>({ dialect: new PostgresDialect({ pool }) }).withSchema('posthorn');
}

/** Where a connection string leads, without user and password: safe to print. */
export function describeDatabase(url: string): string {
  const { hostname, port, pathname, searchParams } = new URL(url);
  const host = searchParams.get('host') ?? (hostname === '' ? 'localhost' : hostname);
  return `${host}:${port === '' ? '5432' : port}${pathname === '/' ? '' : pathname}`;
}

const TRANSIENT_ERRNOS: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  // the name of a database that is still being created may not resolve yet
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
]);

/** Whether asking again may help: connection faults, and SQLSTATE classes 08, 53 and 57. */
function isTransient(error: unknown): boolean {
  const { code, message } = error as { code?: unknown; message?: unknown };
  if (typeof code === 'string') return TRANSIENT_ERRNOS.has(code) || /^(08|53|57)/.test(code);
  return /timeout|terminated/i.test(String(message));
}

function reasonOf(error: unknown): string {
  const { code, message } = error as { code?: string; message?: string };
  switch (code) {
    case '28P01':
      return 'it refused the password';
    case '28000':
      return `it refused the user (${message})`;
    case '3D000':
      return 'that database does not exist';
    case 'ECONNREFUSED':
      return 'nothing listens there';
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'the host name does not resolve';
    case '57P03':
      return 'it is starting up';
    // an AggregateError (one failure per address) has a code and no message
    default:
      return message || code || 'unknown error';
  }
}

async function connectOnce(url: string): Promise<void> {
  const client = new pg.Client({
    connectionString: url,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    application_name: 'posthorn wait',
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

export type WaitOptions = {
  readonly logger: Logger;
  /** How long to continue asking; 0 asks once. */
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
};

/**
 * Resolves once the database answers a query. Logs one line for each try that fails.
 *
 * @throws StartError when waiting cannot help (password, user, database name) or took too long.
 */
export async function waitForDatabase(url: string, options: WaitOptions): Promise<void> {
  const database = describeDatabase(url);
  const deadline = Date.now() + options.timeoutMs;
  for (let waitMs = 250; ; waitMs = Math.min(waitMs * 2, 5_000)) {
    options.signal?.throwIfAborted();
    try {
      return await connectOnce(url);
    } catch (error) {
      const problem = `cannot use the database at ${database}: ${reasonOf(error)}`;
      if (!isTransient(error) || Date.now() + waitMs > deadline) {
        throw new StartError(problem, { cause: error });
      }
      options.logger.warn({ database, wait_ms: waitMs }, `${problem}; trying again`);
    }
    await delay(waitMs, undefined, { signal: options.signal });
  }
}

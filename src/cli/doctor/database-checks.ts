import pg from 'pg';
import type { Config } from '../../config/config.ts';
import { describeDatabase, waitForDatabase } from '../../database/database.ts';
import { findPackage, findPostgresUser } from '../../database/embedded-binaries.ts';
import { findEmbeddedPostgres } from '../../database/embedded.ts';
import { checkServer } from '../../database/migrate.ts';
import { findPending, OtherBuildError } from '../../database/migrations.ts';
import { createLogger } from '../../base/logger.ts';
import { StartError } from '../../base/start-error.ts';
import { failed, ok, skipped, warning, type Check } from './check.ts';

export type DatabaseReport = {
  readonly checks: readonly Check[];
  /** The database's address, where it can be used as it is. */
  readonly url: string | undefined;
};

/** Beside DATABASE_POOL_SIZE: those of accepting, recording, the queue and of listeners. */
const CONNECTIONS_OF_A_PROCESS = 50;
const CLOCK_WARNING_MS = 1_000;
const CLOCK_LIMIT_MS = 60_000;
/** Workers beat every second. */
const BEAT_LIMIT_SECONDS = 5;

/** Looks at the configured database, or the embedded one if it runs. Changes nothing in it. */
export async function checkDatabase(config: Config): Promise<DatabaseReport> {
  const url = config.databaseUrl ?? (await findEmbeddedPostgres(config.dataDir));
  if (url === undefined) return { checks: [await checkEmbedded()], url: undefined };
  try {
    await waitForDatabase(url, { logger: createLogger({ logLevel: 'silent' }), timeoutMs: 0 });
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return { checks: [failed('database', error.message, fixOfConnection(error))], url: undefined };
  }
  const client = new pg.Client({ connectionString: url, application_name: 'posthorn doctor' });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return await inspect(client, url, config);
  } finally {
    await client.end();
  }
}

async function checkEmbedded(): Promise<Check> {
  try {
    const { version } = await findPackage();
    await findPostgresUser();
    return ok('database', `embedded Postgres ${version.split('-')[0]}, which serve starts`);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return failed('database', error.message, 'Set DATABASE_URL to a Postgres 15 or later.');
  }
}

function fixOfConnection({ cause }: StartError): string {
  const { code } = (cause ?? {}) as { code?: string };
  switch (code) {
    case '28P01':
    case '28000':
      return 'Correct user and password in DATABASE_URL.';
    case '3D000':
      return "Create it: create database posthorn encoding 'UTF8' template template0";
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return 'Correct the host in DATABASE_URL, or the name server.';
    case 'ECONNREFUSED':
      return 'Start Postgres, or correct host and port in DATABASE_URL.';
    default:
      return "See Postgres' own log, and correct DATABASE_URL if it leads elsewhere.";
  }
}

async function inspect(client: pg.Client, url: string, config: Config): Promise<DatabaseReport> {
  const checks: Check[] = [];
  try {
    await checkServer(client);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    const fix = 'Use a UTF-8 database on Postgres 15 or later.';
    return { checks: [failed('database', error.message, fix)], url: undefined };
  }
  const startedAt = performance.now();
  const {
    rows: [server],
  } = await client.query<Server>(SERVER);
  const tookMs = performance.now() - startedAt;
  if (server === undefined) throw new Error('the server did not answer');
  checks.push(
    ok(
      'database',
      `Postgres ${server.version} at ${describeDatabase(url)}, ${tookMs.toFixed(1)} ms away`,
    ),
  );
  const migrations = await checkMigrations(client, server);
  checks.push(migrations, checkClock(server, tookMs), ...checkSettings(server, config));
  checks.push(
    migrations.status === 'ok'
      ? await checkWorkers(client)
      : skipped('workers', 'needs the migrations'),
  );
  return { checks, url: migrations.status === 'ok' ? url : undefined };
}

type Server = {
  version: string;
  now_ms: string;
  is_standby: boolean;
  may_create: boolean;
  fsync: string;
  synchronous_commit: string;
  max_connections: number;
  reserved: number;
  in_use: number;
};

const SERVER = `
  select current_setting('server_version') as version,
    extract(epoch from clock_timestamp()) * 1000 as now_ms,
    pg_is_in_recovery() as is_standby,
    has_database_privilege(current_database(), 'create') as may_create,
    current_setting('fsync') as fsync,
    current_setting('synchronous_commit') as synchronous_commit,
    current_setting('max_connections')::int as max_connections,
    current_setting('superuser_reserved_connections')::int as reserved,
    (select count(*)::int from pg_stat_activity where backend_type = 'client backend') as in_use`;

async function checkMigrations(client: pg.Client, server: Server): Promise<Check> {
  const name = 'migrations';
  try {
    const pending = await findPending(client);
    if (pending.length === 0) return ok(name, 'up to date');
    if (!server.may_create) {
      return failed(
        name,
        `${pending.length} to apply, and the user may not create schemas`,
        'grant create on database … to the user in DATABASE_URL',
      );
    }
    return warning(
      name,
      `${pending.length} to apply, the first ${pending[0]?.file}`,
      'posthorn migrate; serve, api and worker do it as they start.',
    );
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return failed(
      name,
      error.message,
      error instanceof OtherBuildError
        ? 'Use an empty database: nothing made by a development build can be upgraded.'
        : 'Install the newer Posthorn here, or use another database.',
    );
  }
}

function checkClock({ now_ms: serverMs }: Server, tookMs: number): Check {
  const differenceMs = Math.round(Number(serverMs) + tookMs / 2 - Date.now());
  const detail = `the database's is ${Math.abs(differenceMs)} ms ${differenceMs < 0 ? 'behind' : 'ahead'}`;
  const fix =
    "Let both machines take their time from NTP: signatures are dated by the database's clock.";
  if (Math.abs(differenceMs) > CLOCK_LIMIT_MS) return failed('clock', detail, fix);
  return Math.abs(differenceMs) > CLOCK_WARNING_MS
    ? warning('clock', detail, fix)
    : ok('clock', detail);
}

function checkSettings(server: Server, { databasePoolSize }: Config): Check[] {
  const checks: Check[] = [];
  if (server.is_standby) {
    checks.push(
      failed(
        'settings',
        'the server is a standby and takes no writes',
        'Use the primary in DATABASE_URL.',
      ),
    );
  }
  for (const setting of ['fsync', 'synchronous_commit'] as const) {
    if (server[setting] !== 'off') continue;
    checks.push(
      warning(
        'settings',
        `${setting} is off: events answered with 202 can be lost in a crash`,
        `alter system set ${setting} = on; select pg_reload_conf();`,
      ),
    );
  }
  const free = server.max_connections - server.reserved - server.in_use;
  const needed = databasePoolSize + CONNECTIONS_OF_A_PROCESS;
  const detail = `${server.in_use} of ${server.max_connections} connections are in use`;
  checks.push(
    free < needed
      ? warning(
          'connections',
          `${detail}; another process may open ${needed}`,
          `alter system set max_connections = ${server.in_use + server.reserved + 2 * needed}; and restart Postgres`,
        )
      : ok('connections', `${detail}; a process opens ${needed} at the most`),
  );
  return checks;
}

async function checkWorkers(client: pg.Client): Promise<Check> {
  const {
    rows: [workers],
  } = await client.query<{ live: number; seen_at: Date | null }>(
    `select count(*) filter (where beat_at > clock_timestamp() - $1 * interval '1 second')::int as live,
      max(beat_at) as seen_at
    from posthorn.workers`,
    [BEAT_LIMIT_SECONDS],
  );
  if (workers !== undefined && workers.live > 0) return ok('workers', `${workers.live} at work`);
  const lastSeen = workers?.seen_at?.toISOString();
  return warning(
    'workers',
    lastSeen === undefined
      ? 'none is running'
      : `none is running; the last was seen at ${lastSeen}`,
    'posthorn serve, or posthorn worker beside posthorn api. Nothing is delivered without one.',
  );
}

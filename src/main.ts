import packageJson from '../package.json' with { type: 'json' };
import { createFirstKey } from './access/first-key.ts';
import { createApi, type Api } from './api.ts';
import { loadConfig, type Config } from './config/config.ts';
import { createPool, waitForDatabase } from './database/database.ts';
import { startEmbeddedPostgres } from './database/embedded.ts';
import { migrate } from './database/migrate.ts';
import { createClosers, type Closers } from './base/closers.ts';
import { codeOf } from './base/thrown.ts';
import { createLogger, type Logger } from './base/logger.ts';
import { startMetricsServer } from './metrics/metrics-server.ts';
import { retentionOf } from './retention.ts';
import { maintain } from './retention/retention.service.ts';
import { createRuntime } from './runtime.ts';
import { StartError } from './base/start-error.ts';
import { assertKeysPresent } from './subscriptions/encryption.service.ts';
import { findSecretKeys } from './subscriptions/secret-keys.ts';
import { printWelcome } from './welcome.ts';
import { startWorker, type Worker } from './worker.ts';

const ROLES = ['all', 'api', 'worker', 'migrate', 'cleanup'] as const;
type Role = (typeof ROLES)[number];

const USAGE = `usage: node src/main.ts [${ROLES.join(' | ')}]

Without a role, one process is both API and worker. Settings come from the environment:
.env.example lists them.`;

const EXIT_SLACK_MS = 10_000;

/** Undefined when help was asked for. */
function readRole(): Role | undefined {
  const [role = 'all', ...rest] = process.argv.slice(2);
  if (role === '--help' || role === '-h') return undefined;
  const known = ROLES.find((one) => one === role);
  if (known === undefined || rest.length > 0) throw new StartError(USAGE);
  return known;
}

async function openDatabase(config: Config, logger: Logger, closers: Closers) {
  let url = config.databaseUrl;
  if (url === undefined) {
    const postgres = await startEmbeddedPostgres({ dataDir: config.dataDir, logger });
    closers.push(() => postgres.stop());
    url = postgres.url;
    void postgres.failed.then((reason) => {
      logger.fatal({ reason }, 'the embedded Postgres ended');
      process.exit(1);
    });
  }
  await waitForDatabase(url, { logger, timeoutMs: config.databaseWaitSeconds * 1_000 });
  return url;
}

async function start(role: Role, given: Config, logger: Logger, closers: Closers): Promise<void> {
  const databaseUrl = await openDatabase(given, logger, closers);
  await migrate(databaseUrl, { logger });
  if (role === 'migrate') return;
  if (role === 'cleanup') return cleanUp(databaseUrl, given, logger);

  const isServing = role !== 'worker';
  const config = { ...given, secretEncryptionKeys: await findSecretKeys(given) };
  await assertKeysPresent({ config, given, databaseUrl, logger });
  const runtime = await createRuntime({
    config,
    databaseUrl,
    logger,
    version: packageJson.version,
  });
  closers.push(() => runtime.close());
  await maintain({ ...retentionOf(config), pool: runtime.loadPool, patienceMs: 0, logger });
  let worker: Worker | undefined;
  if (role === 'worker' && config.metricsPort !== undefined) {
    const { metrics } = runtime.instruments;
    const server = await startMetricsServer({
      metrics,
      host: config.host,
      port: config.metricsPort,
      isReady: () => worker?.state === 'working',
    });
    closers.push(() => server.stop());
    logger.info({ port: server.port }, 'metrics are served');
  }
  if (role !== 'api') {
    const started = startWorker(runtime);
    worker = started;
    closers.push(() => started.stop());
  }
  if (isServing) {
    const api = await createApi(runtime, { worker });
    closers.push(() => api.app.close());
    const address = await listen(api, config);
    const isKeyNeeded = runtime.firstKey.isThere;
    const firstKey = await createFirstKey({ config, db: runtime.db });
    printWelcome({ address, config, role, isKeyNeeded, firstKey });
  }
}

async function listen({ app }: Api, { host, port }: Config): Promise<string> {
  try {
    return await app.listen({ host, port });
  } catch (error) {
    const code = codeOf(error);
    if (code === 'EADDRINUSE') {
      throw new StartError(`port ${port} on ${host} is in use; set PORT to another`, {
        cause: error,
      });
    }
    if (code === 'EACCES' || code === 'EADDRNOTAVAIL' || code === 'ENOTFOUND') {
      throw new StartError(`cannot listen on ${host}:${port} (${code})`, { cause: error });
    }
    throw error;
  }
}

async function cleanUp(databaseUrl: string, config: Config, logger: Logger): Promise<void> {
  const pool = createPool(databaseUrl, { name: 'cleanup', max: 1, logger });
  try {
    const report = await maintain({ ...retentionOf(config), pool, logger });
    process.stdout.write(
      `dropped ${report.dropped.length === 0 ? 'nothing' : report.dropped.join(', ')}\n` +
        `kept ${report.kept} failed or discarded deliveries\n` +
        `expired ${report.expired} held deliveries, forgot ${report.forgottenKeys} idempotency keys\n`,
    );
  } finally {
    await pool.end();
  }
}

async function main(): Promise<void> {
  const role = readRole();
  if (role === undefined) {
    process.stdout.write(`${USAGE}\n`);
    return;
  }
  const config = loadConfig(process.env);
  const logger = createLogger(config);
  const closers = createClosers();
  let isStopping = false;

  const stop = (signal: NodeJS.Signals): void => {
    // A second signal means: do not wait.
    if (isStopping) process.exit(1);
    isStopping = true;
    logger.info({ signal }, 'stopping');
    setTimeout(
      () => {
        logger.fatal('could not stop in time');
        process.exit(1);
      },
      2 * config.shutdownTimeoutMs + EXIT_SLACK_MS,
    ).unref();
    closers.close().then(
      () => process.exit(0),
      (err: unknown) => {
        logger.fatal({ err }, 'could not stop cleanly');
        process.exit(1);
      },
    );
  };
  process.on('SIGINT', stop);
  process.on('SIGTERM', stop);

  try {
    await start(role, config, logger, closers);
  } catch (error) {
    if (isStopping) return;
    await closers.close().catch(() => undefined);
    throw error;
  }
  if (role === 'migrate' || role === 'cleanup') await closers.close();
}

main().catch((error: unknown) => {
  if (!(error instanceof StartError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
});

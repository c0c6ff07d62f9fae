import type { Kysely } from 'kysely';
import { loadConfig, type Config } from '../config/config.ts';
import { createDatabase, createPool, waitForDatabase } from '../database/database.ts';
import { findEmbeddedPostgres, startEmbeddedPostgres } from '../database/embedded.ts';
import { migrate } from '../database/migrate.ts';
import type { DB } from '../database/tables.ts';
import { createLogger } from '../base/logger.ts';

/**
 * Does the work on the database of this environment, brought up to date: the one at DATABASE_URL,
 * the embedded one that a running Posthorn has, or else the embedded one, started for it.
 *
 * @throws StartError when there is no using it
 */
export async function withDatabase(
  work: (db: Kysely<DB>, config: Config) => Promise<void>,
): Promise<void> {
  const config = loadConfig(process.env);
  const logger = createLogger({ logLevel: 'error' });
  const running = config.databaseUrl ?? (await findEmbeddedPostgres(config.dataDir));
  const started =
    running === undefined
      ? await startEmbeddedPostgres({ dataDir: config.dataDir, logger })
      : undefined;
  try {
    const url = running ?? started?.url ?? '';
    await waitForDatabase(url, { logger, timeoutMs: config.databaseWaitSeconds * 1_000 });
    await migrate(url, { logger });
    const db = createDatabase(createPool(url, { name: 'command', max: 1, logger }));
    try {
      await work(db, config);
    } finally {
      await db.destroy();
    }
  } finally {
    await started?.stop();
  }
}

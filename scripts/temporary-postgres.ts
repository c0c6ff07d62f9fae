import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startEmbeddedPostgres } from '../src/database/embedded.ts';
import { createLogger } from '../src/base/logger.ts';

export type TemporaryPostgres = { readonly url: string; readonly stop: () => Promise<void> };

/** An embedded Postgres that leaves nothing behind. It does not wait for the disk. */
export async function startTemporaryPostgres(): Promise<TemporaryPostgres> {
  const dataDir = await mkdtemp(join(tmpdir(), 'posthorn-postgres-'));
  const postgres = await startEmbeddedPostgres({
    dataDir,
    logger: createLogger({ logLevel: 'error' }),
    settings: { fsync: 'off', synchronous_commit: 'off', full_page_writes: 'off' },
  });
  const stop = async (): Promise<void> => {
    await postgres.stop();
    await rm(dataDir, { recursive: true, force: true });
  };
  return { url: postgres.url, stop };
}

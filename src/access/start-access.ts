import type { Kysely } from 'kysely';
import { isLoopbackHost } from '../config-values.ts';
import { LOOPBACK_NETWORKS, type Config } from '../config.ts';
import { createDatabase, createPool } from '../database/database.ts';
import type { DB } from '../database/tables.ts';
import type { Logger } from '../logger.ts';
import { createApiKeyService } from './api-keys.service.ts';
import { createKeyVerifier } from './key-verifier.ts';

export type Access = {
  /** Whether the API asks for keys. */
  readonly isKeyNeeded: boolean;
  /** With keys, this machine is a target like any other private one. */
  readonly allowPrivateTargets: readonly string[];
};

/** Finds out at start who may do what. */
export async function startAccess(
  { config, databaseUrl, logger }: { config: Config; databaseUrl: string; logger: Logger },
): Promise<Access> {
  const db = createDatabase(createPool(databaseUrl, { name: 'access', max: 1, logger }));
  try {
    const verifier = createKeyVerifier({ db, environmentKeys: config.apiKeys, logger });
    const isKeyNeeded = await verifier.isKeyNeeded();
    const isDefault = config.allowPrivateTargets === LOOPBACK_NETWORKS;
    const allowPrivateTargets = isDefault && isKeyNeeded ? [] : config.allowPrivateTargets;
    return { isKeyNeeded, allowPrivateTargets };
  } finally {
    await db.destroy();
  }
}

/**
 * Makes the first key where other machines can reach the API and could do nothing; once, whichever
 * process is first. To be called when the key will be shown: nothing shows it later.
 */
export async function createFirstKey(
  { config, db }: { config: Config; db: Kysely<DB> },
): Promise<string | undefined> {
  if (config.apiKeys.length > 0 || isLoopbackHost(config.host)) return undefined;
  return createApiKeyService({ db }).createFirst();
}

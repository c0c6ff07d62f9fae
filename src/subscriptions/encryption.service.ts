import type { Kysely } from 'kysely';
import type { Config } from '../config/config.ts';
import { createDatabase, createPool } from '../database/database.ts';
import type { DB } from '../database/tables.ts';
import type { Logger } from '../base/logger.ts';
import { StartError } from '../base/start-error.ts';
import { countByKey, findOtherKeys, type KeyUse } from './encryption.repository.ts';
import { createSecretBox } from './secret-box.ts';

export type { KeyUse };

export type EncryptionService = {
  /** The ids of the keys that something is encrypted with, less those that are at hand. */
  findMissingKeys(keyIds: readonly string[]): Promise<string[]>;
};

export function createEncryptionService({ db }: { db: Kysely<DB> }): EncryptionService {
  return { findMissingKeys: (keyIds) => findOtherKeys(db, keyIds) };
}

export type KeyReport = {
  readonly missing: readonly KeyUse[];
  /** Encrypted with keys that are at hand. */
  readonly readable: readonly KeyUse[];
  /** How many secrets are not encrypted. */
  readonly plain: number;
};

export async function reportKeys(db: Kysely<DB>, keyIds: readonly string[]): Promise<KeyReport> {
  const uses = await countByKey(db);
  const encrypted = uses.filter(({ keyId }) => keyId !== null);
  const isAtHand = ({ keyId }: KeyUse) => keyIds.some((one) => one === keyId);
  return {
    missing: encrypted.filter((use) => !isAtHand(use)),
    readable: encrypted.filter(isAtHand),
    plain: uses.find(({ keyId }) => keyId === null)?.secrets ?? 0,
  };
}

/** `3 secrets are encrypted with key 0a1b2c…` */
export function describeUse({ keyId, secrets }: KeyUse): string {
  const what = secrets === 1 ? '1 secret is' : `${secrets} secrets are`;
  return `${what} encrypted with key ${keyId}`;
}

/** How the operator puts a missing key back. */
export function adviseOnKeys({ databaseUrl, dataDir, secretEncryptionKeys }: KeySettings): string {
  if (databaseUrl === undefined) {
    return `put the secret.key that was in ${dataDir} back, or its content into SECRET_ENCRYPTION_KEY`;
  }
  return secretEncryptionKeys.length === 0
    ? 'set SECRET_ENCRYPTION_KEY to that key'
    : 'put that key into SECRET_ENCRYPTION_KEY, behind the one that is there, separated by a comma';
}

type KeySettings = Pick<Config, 'databaseUrl' | 'dataDir' | 'secretEncryptionKeys'>;

/**
 * Refuses to start without a key that something is encrypted with: nothing of it could be sent,
 * and what this process encrypts with another key, those that have the right one could not read.
 *
 * @throws StartError
 */
export async function assertKeysPresent({
  config,
  given,
  databaseUrl,
  logger,
}: {
  /** With every key that is at hand. */
  config: Config;
  /** As the settings have it. */
  given: Config;
  databaseUrl: string;
  logger: Logger;
}): Promise<void> {
  const db = createDatabase(createPool(databaseUrl, { name: 'encryption', max: 1, logger }));
  try {
    const { keyIds } = createSecretBox(config.secretEncryptionKeys);
    await refuseMissingKeys(db, keyIds, given);
  } finally {
    await db.destroy();
  }
}

/** @throws StartError when something is encrypted with another key than these, saying how much */
export async function refuseMissingKeys(
  db: Kysely<DB>,
  keyIds: readonly string[],
  given: KeySettings,
): Promise<void> {
  if ((await findOtherKeys(db, keyIds)).length === 0) return;
  const { missing } = await reportKeys(db, keyIds);
  if (missing.length === 0) return;
  const uses = missing.map(describeUse).join(', ');
  throw new StartError(`${uses}, which this process lacks: ${adviseOnKeys(given)}`);
}

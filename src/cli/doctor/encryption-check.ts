import type { Config } from '../../config/config.ts';
import { createDatabase, createPool } from '../../database/database.ts';
import { createLogger } from '../../base/logger.ts';
import { StartError } from '../../base/start-error.ts';
import {
  adviseOnKeys,
  describeUse,
  reportKeys,
  type KeyReport,
} from '../../subscriptions/encryption.service.ts';
import { createSecretBox } from '../../subscriptions/secret-box.ts';
import { findExistingSecretKeys } from '../../subscriptions/secret-keys.ts';
import { failed, ok, warning, type Check } from './check.ts';

const NAME = 'encryption';

/** The encrypted values in the database, and whether this process could read it. */
export async function checkEncryption(config: Config, databaseUrl: string): Promise<Check> {
  const logger = createLogger({ logLevel: 'silent' });
  const db = createDatabase(createPool(databaseUrl, { name: 'doctor', max: 1, logger }));
  try {
    const { keyIds } = createSecretBox(await findExistingSecretKeys(config));
    return checkOf(await reportKeys(db, keyIds), config, keyIds.length > 0);
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    return failed(NAME, error.message, 'Put the file back from where a copy of it is kept.');
  } finally {
    await db.destroy();
  }
}

function checkOf({ missing, readable, plain }: KeyReport, config: Config, hasKey: boolean): Check {
  if (missing.length > 0) {
    return failed(
      NAME,
      `${missing.map(describeUse).join(', ')}, which this process lacks`,
      `No process starts like that: ${adviseOnKeys(config)}.`,
    );
  }
  const found = readable.map(describeUse);
  if (plain > 0) found.push(`${plain} ${plain === 1 ? 'is' : 'are'} not encrypted`);
  if (!hasKey && config.databaseUrl !== undefined) {
    return warning(
      NAME,
      `SECRET_ENCRYPTION_KEY is not set: secrets are stored unencrypted, ${plain} so far`,
      'Set it to the same value for every process: openssl rand -base64 32',
    );
  }
  if (plain > 0) return warning(NAME, found.join(', '), 'posthorn secrets reseal');
  return ok(NAME, found.length === 0 ? 'there are no secrets yet' : found.join(', '));
}

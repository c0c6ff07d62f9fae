import { StartError } from '../start-error.ts';
import { createSecretBox } from '../subscriptions/secret-box.ts';
import { findSecretKeys } from '../subscriptions/secret-keys.ts';
import { resealSecrets } from '../subscriptions/secrets.service.ts';
import { withDatabase } from './with-database.ts';

/**
 * `posthorn secrets reseal`.
 *
 * @throws StartError when the arguments are not understood or there is no key to seal with
 */
export async function runSecrets(args: readonly string[]): Promise<void> {
  if (args.length !== 1 || args[0] !== 'reseal') {
    throw new StartError('usage: posthorn secrets reseal');
  }
  await withDatabase(async (db, config) => {
    const keys = await findSecretKeys(config);
    if (keys.length === 0) throw new StartError('SECRET_ENCRYPTION_KEY is not set');
    const count = await resealSecrets(db, createSecretBox(keys));
    process.stderr.write(`Encrypted ${count} secrets with the first key.\n`);
  });
}

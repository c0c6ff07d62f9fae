import { StartError } from '../base/start-error.ts';
import { refuseMissingKeys } from '../subscriptions/encryption.service.ts';
import { createSecretBox } from '../subscriptions/secret-box.ts';
import { findSecretKeys } from '../subscriptions/secret-keys.ts';
import { resealSecrets } from '../subscriptions/reseal.service.ts';
import type { Run } from './command.ts';
import { withDatabase } from './with-database.ts';

export const resealEverySecret: Run = async (_input, { terminal }) => {
  await withDatabase(async (db, config) => {
    const keys = await findSecretKeys(config);
    if (keys.length === 0) throw new StartError('SECRET_ENCRYPTION_KEY is not set');
    const secretBox = createSecretBox(keys);
    await refuseMissingKeys(db, secretBox.keyIds, config);
    const count = await resealSecrets(db, secretBox);
    terminal.note(`Encrypted ${count} secrets with the first key.`);
    terminal.json({ resealed: count });
  });
};

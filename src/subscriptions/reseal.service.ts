import type { Kysely } from 'kysely';
import { StartError } from '../base/start-error.ts';
import type { DB } from '../database/tables.ts';
import { secretContext, SecretUnreadableError, type SecretBox } from './secret-box.ts';
import { findSecretsOfOtherKeys, setSealed } from './secrets.repository.ts';
import { openTarget, sealTarget, toColumns, toStoredTarget } from './subscription-target.ts';
import { findTargetsOfOtherKeys, setSealedTarget } from './subscriptions.repository.ts';

const BATCH = 500;

/**
 * Seals with the first of the configured keys what another one sealed, or nobody, so that the
 * other keys are needed no longer. May be repeated, and run beside everything else: a secret
 * itself never changes, and a target only if it is still what was read. Answers how many.
 *
 * @throws StartError when one does not open with any of the keys
 */
export async function resealSecrets(db: Kysely<DB>, secretBox: SecretBox): Promise<number> {
  if (secretBox.keyId === null) return 0;
  return (
    (await resealSigningSecrets(db, secretBox.keyId, secretBox)) +
    (await resealTargets(db, secretBox.keyId, secretBox))
  );
}

async function resealSigningSecrets(
  db: Kysely<DB>,
  keyId: string,
  secretBox: SecretBox,
): Promise<number> {
  let count = 0;
  for (;;) {
    const rows = await findSecretsOfOtherKeys(db, keyId, BATCH);
    for (const row of rows) {
      const context = secretContext(row.tenant, row.subscriptionId);
      const secret = openOrExplain(row.subscriptionId, () => secretBox.open(row, context));
      await setSealed(db, row, secretBox.seal(secret, context));
    }
    count += rows.length;
    if (rows.length < BATCH) return count;
  }
}

/** Most have nothing to hide and stay as they are, so they are gone through by id. */
async function resealTargets(db: Kysely<DB>, keyId: string, secretBox: SecretBox): Promise<number> {
  let count = 0;
  let hasMissed = false;
  let afterId: string | undefined;
  for (;;) {
    const rows = await findTargetsOfOtherKeys(db, keyId, { afterId, limit: BATCH });
    for (const row of rows) {
      const target = openOrExplain(row.id, () => openTarget(toStoredTarget(row), row, secretBox));
      const stored = sealTarget(target, row, secretBox);
      if (stored.sealed === null && row.sealed_target === null) continue;
      const isSet = await setSealedTarget(db, row, toColumns(stored));
      hasMissed ||= !isSet;
      if (isSet && stored.sealed !== null) count += 1;
    }
    afterId = rows.at(-1)?.id;
    if (rows.length < BATCH) break;
  }
  return hasMissed ? count + (await resealTargets(db, keyId, secretBox)) : count;
}

function openOrExplain<Opened>(subscriptionId: string, open: () => Opened): Opened {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof SecretUnreadableError)) throw error;
    throw new StartError(
      `what is encrypted of subscription ${subscriptionId} cannot be read: it needs another key or has been damaged; delete the subscription and create it again, or restore it from a backup`,
      { cause: error },
    );
  }
}

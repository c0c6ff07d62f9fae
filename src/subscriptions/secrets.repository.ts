import { sql, type Kysely, type Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { SealedSecret } from './secret-box.ts';
import type { Subscription } from './subscription.ts';

/** `shared`: an HMAC secret. `ed25519`: the private key of the scheme `standard-webhooks-v1a`. */
export type SecretKind = 'shared' | 'ed25519';

export type StoredSecret = SealedSecret & {
  readonly kind: SecretKind;
  readonly createdAt: Date;
  /** Null for the one that was made last. */
  readonly expiresAt: Date | null;
};

/** Of a secret; what has expired counts nowhere, as if it were deleted. */
export const IS_UNEXPIRED = sql<boolean>`(expires_at is null or expires_at > now())`;

/** The secrets that have not expired, newest first; of each kind one does not expire. */
export async function findSecrets(db: Kysely<DB>, id: string): Promise<StoredSecret[]> {
  return db
    .selectFrom('subscription_secrets')
    .select(['key_id as keyId', 'sealed', 'created_at as createdAt', 'expires_at as expiresAt'])
    .select(sql<SecretKind>`kind`.as('kind'))
    .where('subscription_id', '=', id)
    .where(IS_UNEXPIRED)
    .orderBy('expires_at', (order) => order.desc().nullsFirst())
    .orderBy('id', 'desc')
    .execute();
}

export async function insertSecret(
  trx: Transaction<DB>,
  { id, tenant }: Pick<Subscription, 'id' | 'tenant'>,
  { kind, keyId, sealed }: SealedSecret & { kind: SecretKind },
): Promise<void> {
  await trx
    .insertInto('subscription_secrets')
    .values({
      tenant,
      kind,
      sealed,
      id: sql`posthorn.uuid_v7()`,
      subscription_id: id,
      key_id: keyId,
    })
    .execute();
}

export type SecretRow = SealedSecret & {
  readonly id: string;
  readonly tenant: string;
  readonly subscriptionId: string;
};

/** At most `limit` unexpired secrets that are not sealed with this key, in no order. */
export async function findSecretsOfOtherKeys(
  db: Kysely<DB>,
  keyId: string,
  limit: number,
): Promise<SecretRow[]> {
  return db
    .selectFrom('subscription_secrets')
    .select(['id', 'tenant', 'subscription_id as subscriptionId', 'key_id as keyId', 'sealed'])
    .where('key_id', 'is distinct from', keyId)
    .where(IS_UNEXPIRED)
    .limit(limit)
    .execute();
}

/** Puts the same secret, sealed again, in the place of what was read. */
export async function setSealed(
  db: Kysely<DB>,
  { id, subscriptionId }: SecretRow,
  { keyId, sealed }: SealedSecret,
): Promise<void> {
  await db
    .updateTable('subscription_secrets')
    .set({ key_id: keyId, sealed })
    .where('subscription_id', '=', subscriptionId)
    .where('id', '=', id)
    .execute();
}

/** Deletes the secret that signs and those that sign beside it, so that another stands alone at once. */
export async function deleteSecrets(
  trx: Transaction<DB>,
  id: string,
  kind: SecretKind,
): Promise<void> {
  await trx
    .deleteFrom('subscription_secrets')
    .where('subscription_id', '=', id)
    .where('kind', '=', kind)
    .execute();
}

/** Lets every secret expire that would stay valid for longer, so that another may take its place. */
export async function setSecretsExpiring(
  trx: Transaction<DB>,
  id: string,
  { kind, hours }: { kind: SecretKind; hours: number },
): Promise<void> {
  const expiresAt = sql<Date>`now() + ${hours} * interval '1 hour'`;
  await trx
    .updateTable('subscription_secrets')
    .set({ expires_at: expiresAt })
    .where('subscription_id', '=', id)
    .where('kind', '=', kind)
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', expiresAt)]))
    .execute();
}

/** Deletes the secrets that have expired, and the oldest of those that are more than `keep`. */
export async function deleteOldSecrets(
  trx: Transaction<DB>,
  id: string,
  { kind, keep }: { kind: SecretKind; keep: number },
): Promise<void> {
  await trx
    .deleteFrom('subscription_secrets')
    .where('subscription_id', '=', id)
    .where('kind', '=', kind)
    .where('expires_at', 'is not', null)
    .where((is) =>
      is.or([
        is('expires_at', '<=', sql<Date>`now()`),
        is(
          'id',
          'not in',
          is
            .selectFrom('subscription_secrets')
            .select('id')
            .where('subscription_id', '=', id)
            .where('kind', '=', kind)
            .where('expires_at', '>', sql<Date>`now()`)
            .orderBy('id', 'desc')
            .limit(keep),
        ),
      ]),
    )
    .execute();
}

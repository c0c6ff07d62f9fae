import { sql, type Kysely, type Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { Scope } from '../base/principal.ts';
import type { ApiKey } from './api-key.ts';

const COLUMNS = [
  'id',
  'name',
  'prefix',
  'scopes',
  'tenant',
  'created_at',
  'last_used_at',
  'expires_at',
] as const satisfies readonly (keyof ApiKey)[];

export type NewApiKey = {
  readonly name: string | null;
  readonly prefix: string;
  readonly digest: Buffer;
  readonly scopes: readonly Scope[];
  readonly tenant: string | null;
  readonly expires_at: Date | null;
};

export async function insertKey(db: Kysely<DB>, key: NewApiKey): Promise<ApiKey> {
  return db
    .insertInto('api_keys')
    .values({ id: sql`posthorn.uuid_v7()`, ...key, scopes: [...key.scopes] })
    .returning(COLUMNS)
    .$castTo<ApiKey>()
    .executeTakeFirstOrThrow();
}

/**
 * At most `limit` keys that have not been revoked, newest first, older than the one named.
 *
 * @param tenant those bound to it; null finds all
 */
export async function findKeys(
  db: Kysely<DB>,
  tenant: string | null,
  { limit, beforeId }: { limit: number; beforeId?: string | undefined },
): Promise<ApiKey[]> {
  let query = db
    .selectFrom('api_keys')
    .select(COLUMNS)
    .where('revoked_at', 'is', null)
    .orderBy('id', 'desc')
    .limit(limit);
  if (tenant !== null) query = query.where('tenant', '=', tenant);
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  return query.$castTo<ApiKey>().execute();
}

/** The key with this digest, unless it is revoked or expired. */
export async function findValidKey(db: Kysely<DB>, digest: Buffer): Promise<ApiKey | undefined> {
  return db
    .selectFrom('api_keys')
    .select(COLUMNS)
    .where('digest', '=', digest)
    .where('revoked_at', 'is', null)
    .where((is) => is.or([is('expires_at', 'is', null), is('expires_at', '>', sql<Date>`now()`)]))
    .$castTo<ApiKey>()
    .executeTakeFirst();
}

/** Whether there is, or ever was, a key. */
export async function hasKeys(db: Kysely<DB>): Promise<boolean> {
  const row = await db.selectFrom('api_keys').select('id').limit(1).executeTakeFirst();
  return row !== undefined;
}

/** Until the transaction ends nobody else can be making the first key. */
export async function lockFirstKey(trx: Transaction<DB>): Promise<void> {
  await sql`select pg_advisory_xact_lock(hashtext('posthorn'), hashtext('first_key'))`.execute(trx);
}

/** False when there is no such key, or it is revoked already. */
export async function setRevoked(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql`now()` })
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .where((is) => (tenant === null ? is.lit(true) : is('tenant', '=', tenant)))
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

export async function setLastUsed(db: Kysely<DB>, id: string): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ last_used_at: sql`now()` })
    .where('id', '=', id)
    .where((is) =>
      is.or([
        is('last_used_at', 'is', null),
        is('last_used_at', '<', sql<Date>`now() - interval '1 minute'`),
      ]),
    )
    .execute();
}

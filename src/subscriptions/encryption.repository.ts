import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { IS_UNEXPIRED } from './secrets.repository.ts';

export type KeyUse = {
  /** Null: nothing encrypts them. */
  readonly keyId: string | null;
  /** Signing secrets and targets. */
  readonly secrets: number;
};

/** How much is sealed with each key; reads everything that is, except what has expired. */
export async function countByKey(db: Kysely<DB>): Promise<KeyUse[]> {
  const { rows } = await sql<KeyUse>`
    select key_id as "keyId", count(*)::integer as secrets
    from (
      select key_id from posthorn.subscription_secrets where ${IS_UNEXPIRED}
      union all
      select sealed_target_key_id from posthorn.subscriptions where sealed_target is not null
    ) as sealed
    group by key_id
    order by key_id nulls last
  `.execute(db);
  return rows;
}

/**
 * The keys that something is sealed with other than these. Skips through the indexes from key to
 * key, so that asking often costs nothing.
 */
export async function findOtherKeys(db: Kysely<DB>, keyIds: readonly string[]): Promise<string[]> {
  const { rows } = await sql<{ id: string }>`
    with recursive used (id) as (
      select least(
        (select min(key_id) from posthorn.subscription_secrets),
        (select min(sealed_target_key_id) from posthorn.subscriptions))
      union all
      select least(
        (select min(key_id) from posthorn.subscription_secrets where key_id > used.id),
        (select min(sealed_target_key_id) from posthorn.subscriptions
          where sealed_target_key_id > used.id))
      from used
      where used.id is not null
    )
    select id from used
    where id <> all (${keyIds}::text[]) and (
      exists (select from posthorn.subscriptions where sealed_target_key_id = used.id)
      or exists (
        select from posthorn.subscription_secrets
        where key_id = used.id and ${IS_UNEXPIRED}))
    order by id
  `.execute(db);
  return rows.map(({ id }) => id);
}

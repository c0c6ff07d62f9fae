import { sql, type Kysely, type Transaction } from 'kysely';
import { DatabaseError } from 'pg';
import type { DB, JsonObject } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import { parseExact } from '../json/exact-json.ts';
import { IS_UNEXPIRED } from './secrets.repository.ts';
import type { Subscription, SubscriptionFields, SubscriptionStatus } from './subscription.ts';
import type { SubscriptionEntry } from './subscription-entry.ts';

const COLUMNS = [
  'id',
  'tenant',
  'name',
  'description',
  'target_url',
  'event_types',
  sql<string | null>`filter::text`.as('filter'),
  'status',
  'disabled_reason',
  'signature_schemes',
  'ingest_signature',
  'headers',
  'rate_limit',
  'max_concurrency',
  'retry_schedule',
  'timeout_ms',
  'metadata',
  'created_at',
  'updated_at',
  'sealed_target',
  'sealed_target_key_id',
] as const;

/** A subscription as a query of COLUMNS gives it: the filter as JSON text. */
type Row = Omit<Subscription, 'filter'> & { filter: string | null };

/** With the numbers of the filter as they were written. */
function toSubscription({ filter, ...row }: Row): Subscription {
  return {
    ...row,
    filter: filter === null ? null : (parseExact(filter) as Subscription['filter']),
  };
}

export type SubscriptionFilter = {
  /** Null: of every tenant. */
  readonly tenant: string | null;
  readonly status?: SubscriptionStatus | undefined;
  /** Those that would be sent an event of this type. */
  readonly eventType?: string | undefined;
  /** Those whose name, description or shown target holds this text, in any case. */
  readonly text?: string | undefined;
};

/** At most `limit` subscriptions, newest first, older than the one named. */
export async function findSubscriptions(
  db: Kysely<DB>,
  filter: SubscriptionFilter,
  { limit, beforeId }: { limit: number; beforeId?: string | undefined },
): Promise<Subscription[]> {
  let query = db.selectFrom('subscriptions').select(COLUMNS).orderBy('id', 'desc').limit(limit);
  if (filter.tenant !== null) query = query.where('tenant', '=', filter.tenant);
  if (beforeId !== undefined) query = query.where('id', '<', beforeId);
  if (filter.status !== undefined) query = query.where('status', '=', filter.status);
  if (filter.eventType !== undefined) {
    query = query.where(
      sql<boolean>`(event_type_likes is null or ${filter.eventType} like any (event_type_likes))`,
    );
  }
  if (filter.text !== undefined) {
    const pattern = `%${filter.text.replaceAll(/[\\%_]/g, '\\$&')}%`;
    query = query.where((is) =>
      is.or([
        is('name', 'ilike', pattern),
        is('description', 'ilike', pattern),
        is('target_url', 'ilike', pattern),
      ]),
    );
  }
  return (await query.$castTo<Row>().execute()).map(toSubscription);
}

export async function findSubscription(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<Subscription | undefined> {
  const row = await selectSubscription(db, tenant, id).executeTakeFirst();
  return row && toSubscription(row);
}

/** An id for a subscription, which what is sealed for it is bound to. */
export async function nextSubscriptionId(db: Kysely<DB>): Promise<string> {
  const {
    rows: [row],
  } = await sql<{ id: string }>`select posthorn.uuid_v7() as id`.execute(db);
  if (row === undefined) throw new Error('the database made no id');
  return row.id;
}

/** Reads a subscription and keeps everyone else from changing it until the transaction ends. */
export async function lockSubscription(
  trx: Transaction<DB>,
  tenant: string | null,
  id: string,
): Promise<Subscription | undefined> {
  const row = await selectSubscription(trx, tenant, id).forUpdate().executeTakeFirst();
  return row && toSubscription(row);
}

function selectSubscription(db: Kysely<DB>, tenant: string | null, id: string) {
  return db
    .selectFrom('subscriptions')
    .select(COLUMNS)
    .where('id', '=', id)
    .$if(tenant !== null, (query) => query.where('tenant', '=', tenant as string))
    .$castTo<Row>();
}

/** @throws AppError `invalid_request` when a value breaks a constraint. */
export async function insertSubscription(
  trx: Transaction<DB>,
  tenant: string,
  fields: Partial<Omit<Subscription, 'tenant'>> & Pick<Subscription, 'id' | 'target_url'>,
): Promise<Subscription> {
  return trx
    .insertInto('subscriptions')
    .values({ tenant, ...storable(fields) })
    .returning(COLUMNS)
    .$castTo<Row>()
    .executeTakeFirstOrThrow()
    .then(toSubscription)
    .catch(rethrow);
}

/**
 * Sets what is named and leaves the rest; the row gets a new version in any case.
 *
 * @throws AppError `invalid_request` when a value breaks a constraint.
 */
export async function setSubscription(
  trx: Transaction<DB>,
  id: string,
  values: Partial<Omit<Subscription, 'id' | 'tenant'>>,
): Promise<Subscription> {
  return trx
    .updateTable('subscriptions')
    .set({ ...storable(values), updated_at: sql`now()` })
    .where('id', '=', id)
    .returning(COLUMNS)
    .$castTo<Row>()
    .executeTakeFirstOrThrow()
    .then(toSubscription)
    .catch(rethrow);
}

/** A filter came as JSON, which its type does not show. */
function storable<Fields extends Partial<Pick<SubscriptionFields, 'filter'>>>(fields: Fields) {
  return fields as Fields & { filter?: JsonObject | null };
}

export type TargetRow = Pick<
  Subscription,
  'id' | 'tenant' | 'target_url' | 'headers' | 'sealed_target' | 'sealed_target_key_id'
> & { readonly version: string };

/** Targets that are not sealed with this key, also those that need not be, by id. */
export async function findTargetsOfOtherKeys(
  db: Kysely<DB>,
  keyId: string,
  { afterId, limit }: { afterId: string | undefined; limit: number },
): Promise<TargetRow[]> {
  return db
    .selectFrom('subscriptions')
    .select([
      'id',
      'tenant',
      'version',
      'target_url',
      'headers',
      'sealed_target',
      'sealed_target_key_id',
    ])
    .where('sealed_target_key_id', 'is distinct from', keyId)
    .$if(afterId !== undefined, (query) => query.where('id', '>', afterId as string))
    .orderBy('id')
    .limit(limit)
    .$castTo<TargetRow>()
    .execute();
}

/** False when the subscription has changed since it was read. */
export async function setSealedTarget(
  db: Kysely<DB>,
  { id, version }: Pick<TargetRow, 'id' | 'version'>,
  columns: Pick<TargetRow, 'target_url' | 'headers' | 'sealed_target' | 'sealed_target_key_id'>,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('subscriptions')
    .set(columns)
    .where('id', '=', id)
    .where('version', '=', version)
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** False when it is disabled already or does not exist. */
export async function setDisabled(
  trx: Transaction<DB>,
  id: string,
  reason: string,
): Promise<boolean> {
  const { numUpdatedRows } = await trx
    .updateTable('subscriptions')
    .set({ status: 'disabled', disabled_reason: reason })
    .where('id', '=', id)
    .where('status', '<>', 'disabled')
    .executeTakeFirst();
  return numUpdatedRows > 0n;
}

/** Deletes the row; its secrets go with it. */
export async function deleteSubscription(trx: Transaction<DB>, id: string): Promise<void> {
  await trx.deleteFrom('subscriptions').where('id', '=', id).execute();
}

/** Ends at most `limit` deliveries that wait for the subscription. */
export async function setWaitingEnded(
  trx: Transaction<DB>,
  id: string,
  end: { status: 'cancelled' | 'discarded'; reason: string; limit: number },
): Promise<void> {
  await sql`select posthorn.end_waiting(${id}, ${end.status}, ${end.reason}, ${end.limit})`.execute(
    trx,
  );
}

/** The cached form of a subscription: one statement, so row and secrets belong together. */
export async function findEntry(
  db: Kysely<DB>,
  id: string,
): Promise<SubscriptionEntry | undefined> {
  const row = await db
    .selectFrom('subscriptions')
    .select([
      'id',
      'tenant',
      'version',
      'status',
      'headers',
      'filter',
      'target_url as targetUrl',
      sql`case when sealed_target is not null then json_build_object(
        'keyId', sealed_target_key_id,
        'sealed', replace(encode(sealed_target, 'base64'), e'\n', ''))
      end`.as('sealedTarget'),
      'event_types as eventTypes',
      'signature_schemes as signatureSchemes',
      'ingest_signature as ingestSignature',
      'timeout_ms as timeoutMs',
      'retry_schedule as retrySchedule',
      'rate_limit as rateLimit',
      'max_concurrency as maxConcurrency',
    ])
    .select((from) =>
      from
        .selectFrom('subscription_secrets')
        .select(
          sql`coalesce(json_agg(json_build_object(
          'keyId', key_id,
          'sealed', replace(encode(sealed, 'base64'), e'\n', ''),
          'expiresAtMs', floor(extract(epoch from expires_at) * 1000)
        ) order by expires_at desc nulls first, subscription_secrets.id desc), '[]')`.as('secrets'),
        )
        .whereRef('subscription_id', '=', 'subscriptions.id')
        .where(IS_UNEXPIRED)
        .as('secrets'),
    )
    .where('id', '=', id)
    .executeTakeFirst();
  return row && ({ ...row, version: Number(row.version) } as SubscriptionEntry);
}

const CHECK_VIOLATION = '23514';

/** Constraints that answer for one field. */
const POINTERS: Readonly<Record<string, string>> = {
  subscriptions_tenant_check: '/tenant',
  subscriptions_status_check: '/status',
  subscriptions_ingest_signature_check: '/ingest_signature',
  subscriptions_rate_limit_check: '/rate_limit',
  subscriptions_max_concurrency_check: '/max_concurrency',
  subscriptions_timeout_ms_check: '/timeout_ms',
  subscriptions_event_types_check: '/event_types',
  subscriptions_filter_check: '/filter',
};

function rethrow(error: unknown): never {
  const isCheck = error instanceof DatabaseError && error.code === CHECK_VIOLATION;
  const pointer = isCheck ? POINTERS[error.constraint ?? ''] : undefined;
  if (pointer === undefined) throw error;
  throw new AppError('invalid_request', `The value of ${pointer} is not allowed.`, {
    errors: [{ pointer, detail: 'is not allowed' }],
    cause: error,
  });
}

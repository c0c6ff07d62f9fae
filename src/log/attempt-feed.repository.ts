import { sql, type Kysely, type RawBuilder } from 'kysely';
import type { DB } from '../database/tables.ts';
import type { AttemptRow } from './attempts.repository.ts';
import {
  DELIVERY_COLUMNS,
  type DeliveryRow,
  type NarrowedDelivery,
} from './deliveries.repository.ts';

/** An attempt together with its delivery as it is now. */
export type FedAttempt = { readonly attempt: AttemptRow; readonly delivery: DeliveryRow };

/** The columns that `findFedAttempts` and `findAttemptsSince` select from `attempts as a, deliveries as d`. */
const ATTEMPT = sql`
  a.delivery_id, a.attempt_number, a.outcome, a.status_code, a.duration_ms, a.error_kind,
  a.error_message, a.response_headers, a.response_body, a.note, a.sends, a.target_url,
  a.started_at,
  (extract(epoch from a.started_at) * 1000000)::double precision as started_at_us`;
const DELIVERY = sql`
  d.id as "d.id", d.event_id as "d.event_id", d.subscription_id as "d.subscription_id",
  d.tenant as "d.tenant", d.event_type as "d.event_type", d.status as "d.status",
  d.reason as "d.reason", d.attempt_count as "d.attempt_count",
  d.next_attempt_at as "d.next_attempt_at", d.created_at as "d.created_at",
  d.completed_at as "d.completed_at"`;

type Row = AttemptRow & { [Name in keyof DeliveryRow as `d.${Name}`]: DeliveryRow[Name] };

/** Those of the attempts named that are recorded, in no order. */
export async function findFedAttempts(
  db: Kysely<DB>,
  keys: readonly { readonly deliveryId: string; readonly attemptNumber: number }[],
): Promise<FedAttempt[]> {
  return read(
    db,
    sql`
    select ${ATTEMPT}, ${DELIVERY}
    from unnest(
      ${keys.map(({ deliveryId }) => deliveryId)}::uuid[],
      ${keys.map(({ attemptNumber }) => attemptNumber)}::smallint[]
    ) as key (delivery_id, attempt_number)
    join posthorn.attempts as a
      on a.delivery_id = key.delivery_id and a.attempt_number = key.attempt_number
    join posthorn.deliveries as d on d.id = key.delivery_id`,
  );
}

export async function findDeliveriesById(
  db: Kysely<DB>,
  ids: readonly string[],
): Promise<DeliveryRow[]> {
  return db
    .selectFrom('deliveries as d')
    .select(DELIVERY_COLUMNS)
    .$narrowType<NarrowedDelivery>()
    .where('d.id', '=', sql<string>`any (${ids}::uuid[])`)
    .execute();
}

/** No attempt takes longer, from its start to the end of its deadline. */
const LONGEST_ATTEMPT = sql`interval '35 seconds'`;

/**
 * Attempts that ended at or after a moment, in the order in which they ended, of subscriptions that
 * still exist. Each subscription's index is asked, since only there attempts are ordered by time.
 */
export async function findAttemptsSince(
  db: Kysely<DB>,
  {
    tenant,
    subscriptionId,
    since,
    limit,
  }: {
    tenant?: string | undefined;
    subscriptionId?: string | undefined;
    since: Date;
    limit: number;
  },
): Promise<FedAttempt[]> {
  return read(
    db,
    sql`
    select ${ATTEMPT}, ${DELIVERY}
    from (
      select recent.*, recent.started_at + recent.duration_ms * interval '1 millisecond' as ended_at
      from posthorn.subscriptions as s
      cross join lateral (
        select * from posthorn.attempts
        where subscription_id = s.id and started_at >= ${since}::timestamptz - ${LONGEST_ATTEMPT}
          and started_at + duration_ms * interval '1 millisecond' >= ${since}::timestamptz
        order by started_at
        limit ${limit}
      ) as recent
      where ${tenant === undefined ? sql`true` : sql`s.tenant = ${tenant}`}
        and ${subscriptionId === undefined ? sql`true` : sql`s.id = ${subscriptionId}`}
      order by ended_at, delivery_id, attempt_number
      limit ${limit}
    ) as a
    join posthorn.deliveries as d on d.id = a.delivery_id
    order by a.ended_at, a.delivery_id, a.attempt_number`,
  );
}

async function read(db: Kysely<DB>, query: RawBuilder<unknown>): Promise<FedAttempt[]> {
  const { rows } = await sql<Row>`${query}`.execute(db);
  return rows.map((row) => ({
    attempt: row,
    delivery: {
      id: row['d.id'],
      event_id: row['d.event_id'],
      subscription_id: row['d.subscription_id'],
      tenant: row['d.tenant'],
      event_type: row['d.event_type'],
      status: row['d.status'],
      reason: row['d.reason'],
      attempt_count: row['d.attempt_count'],
      next_attempt_at: row['d.next_attempt_at'],
      created_at: row['d.created_at'],
      completed_at: row['d.completed_at'],
    },
  }));
}

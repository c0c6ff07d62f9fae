import { sql, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';

export type AttemptRow = {
  delivery_id: string;
  attempt_number: number;
  outcome: 'success' | 'failed_attempt' | 'failure';
  status_code: number | null;
  duration_ms: number;
  error_kind: string | null;
  error_message: string | null;
  response_headers: Record<string, string | string[]> | null;
  response_body: string | null;
  note: string | null;
  sends: number;
  target_url: string;
  started_at: Date;
  /** Microseconds since 1970: `started_at` as the database knows it, which a Date does not hold. */
  started_at_us: number;
};

/** An attempt's place in the order in which attempts were started. */
export type AttemptPosition = {
  readonly startedAtUs: number;
  readonly deliveryId: string;
  readonly attemptNumber: number;
};

const COLUMNS = [
  'a.delivery_id',
  'a.attempt_number',
  'a.outcome',
  'a.status_code',
  'a.duration_ms',
  'a.error_kind',
  'a.error_message',
  'a.response_headers',
  'a.response_body',
  'a.note',
  'a.sends',
  'a.target_url',
  'a.started_at',
] as const;

/** A double holds every microsecond until the year 2255 exactly. */
const STARTED_AT_US = sql<number>`(extract(epoch from a.started_at) * 1000000)::double precision`;
const IN_ORDER = sql`(a.started_at, a.delivery_id, a.attempt_number)`;

/** A delivery's attempts as they were made, those after number `afterNumber`. */
export async function findAttemptsOfDelivery(
  db: Kysely<DB>,
  tenant: string | null,
  deliveryId: string,
  { limit, afterNumber = 0 }: { limit: number; afterNumber?: number | undefined },
): Promise<AttemptRow[]> {
  return attemptsOf(db, tenant)
    .where('a.delivery_id', '=', deliveryId)
    .where('a.attempt_number', '>', sql<number>`${afterNumber}::bigint`)
    .orderBy('a.attempt_number')
    .limit(limit)
    .execute();
}

/** Every attempt of the given deliveries of one event: by delivery, then as they were made. */
export async function findAttemptsOfDeliveries(
  db: Kysely<DB>,
  eventId: string,
  deliveryIds: readonly string[],
): Promise<AttemptRow[]> {
  return attemptsOfEvent(db, null, eventId)
    .where('a.delivery_id', '=', sql<string>`any (${deliveryIds}::uuid[])`)
    .orderBy('a.delivery_id')
    .orderBy('a.attempt_number')
    .execute();
}

/** The attempts of all of an event's deliveries in the order in which they were started. */
export async function findAttemptsOfEvent(
  db: Kysely<DB>,
  tenant: string | null,
  eventId: string,
  { limit, after }: { limit: number; after?: AttemptPosition | undefined },
): Promise<AttemptRow[]> {
  const query = attemptsOfEvent(db, tenant, eventId);
  return (after === undefined ? query : query.where(sql<boolean>`${IN_ORDER} > ${row(after)}`))
    .orderBy('a.started_at')
    .orderBy('a.delivery_id')
    .orderBy('a.attempt_number')
    .limit(limit)
    .execute();
}

/** A subscription's attempts, the last to be started first. */
export async function findAttemptsOfSubscription(
  db: Kysely<DB>,
  tenant: string | null,
  subscriptionId: string,
  { limit, before }: { limit: number; before?: AttemptPosition | undefined },
): Promise<AttemptRow[]> {
  const query = attemptsOf(db, tenant).where('a.subscription_id', '=', subscriptionId);
  return (before === undefined ? query : query.where(sql<boolean>`${IN_ORDER} < ${row(before)}`))
    .orderBy('a.started_at', 'desc')
    .orderBy('a.delivery_id', 'desc')
    .orderBy('a.attempt_number', 'desc')
    .limit(limit)
    .execute();
}

/** An event's deliveries are its siblings, so the primary key finds their attempts. */
function attemptsOfEvent(db: Kysely<DB>, tenant: string | null, eventId: string) {
  return attemptsOf(db, tenant)
    .where('a.delivery_id', '>=', sql<string>`posthorn.uuid_first_sibling(${eventId})`)
    .where('a.delivery_id', '<=', sql<string>`posthorn.uuid_last_sibling(${eventId})`)
    .where('a.event_id', '=', eventId);
}

function attemptsOf(db: Kysely<DB>, tenant: string | null) {
  const query = db
    .selectFrom('attempts as a')
    .select([...COLUMNS, STARTED_AT_US.as('started_at_us')])
    .$castTo<AttemptRow>();
  return tenant === null ? query : query.where('a.tenant', '=', tenant);
}

function row({ startedAtUs, deliveryId, attemptNumber }: AttemptPosition) {
  return sql`(
    timestamptz 'epoch' + ${startedAtUs}::bigint * interval '1 microsecond',
    ${deliveryId}::uuid,
    ${attemptNumber}::bigint
  )`;
}

import { sql, type Expression, type Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { findOldestQueuedId } from '../queue/jobs.ts';
import type { DeliveryReason, DeliveryStatus } from '../queue/delivery.ts';

export type DeliveryRow = {
  id: string;
  event_id: string;
  subscription_id: string;
  tenant: string;
  event_type: string;
  status: DeliveryStatus;
  reason: DeliveryReason | null;
  attempt_count: number;
  next_attempt_at: Date | null;
  created_at: Date;
  completed_at: Date | null;
};

export type DeliveryFilter = {
  /** Null: of every tenant. */
  readonly tenant: string | null;
  readonly subscriptionId?: string | undefined;
  readonly eventId?: string | undefined;
  readonly eventType?: string | undefined;
  /** Those in any of these states. */
  readonly statuses?: readonly DeliveryStatus[] | undefined;
  /** Without it, and without an event, those that a filter did not let through are left out. */
  readonly reason?: DeliveryReason | undefined;
  /** Of the last attempt's HTTP status, its first digit. */
  readonly statusClass?: number | undefined;
  readonly createdFrom?: Date | undefined;
  readonly createdBefore?: Date | undefined;
};

/** At most `limit` rows, newest first, with ids below `beforeId`. */
export type NewestFirst = { readonly limit: number; readonly beforeId?: string | undefined };

/** Columns of `deliveries as d`. */
export const DELIVERY_COLUMNS = [
  'd.id',
  'd.event_id',
  'd.subscription_id',
  'd.tenant',
  'd.event_type',
  'd.status',
  'd.reason',
  'd.attempt_count',
  'd.next_attempt_at',
  'd.created_at',
  'd.completed_at',
] as const;

/** What the columns' checks promise and generated types do not know. */
export type NarrowedDelivery = { status: DeliveryStatus; reason: DeliveryReason | null };
type DeliveryQuery = Expression<DeliveryRow> & { execute(): Promise<DeliveryRow[]> };

export async function findDeliveries(
  db: Kysely<DB>,
  filter: DeliveryFilter,
  { limit, beforeId }: NewestFirst,
): Promise<DeliveryRow[]> {
  const before = beforeId === undefined ? undefined : sql<string>`${beforeId}::uuid`;
  return (await newestDeliveries(db, filter))(limit, before).execute();
}

/**
 * The ids of events with a delivery that passes the filter, newest first. An event's deliveries are
 * its siblings, so this walks from one moment that has such a delivery to the moment before: its
 * cost follows the number of events found and neither their fan-out nor what lies between them.
 */
export async function findEventIdsByDelivery(
  db: Kysely<DB>,
  filter: DeliveryFilter,
  { limit, beforeId }: NewestFirst,
): Promise<string[]> {
  const newest = await newestDeliveries(db, filter);
  const isBefore = beforeId === undefined ? sql`true` : sql`d.event_id < ${beforeId}::uuid`;
  const last =
    beforeId === undefined ? undefined : sql<string>`posthorn.uuid_last_sibling(${beforeId})`;
  const { rows } = await sql<{ event_id: string }>`
    with recursive moment (first) as (
      select posthorn.uuid_first_sibling(newest.id) from ${newest(1, last)} as newest
      union all
      select posthorn.uuid_first_sibling(newest.id)
      from moment
      cross join lateral ${newest(1, sql<string>`moment.first`)} as newest
    )
    select event.event_id
    from moment
    cross join lateral (
      select distinct d.event_id
      from ${deliveriesThat(db, filter)
        .select('d.event_id')
        .where('d.id', '>=', sql<string>`moment.first`)
        .where('d.id', '<=', sql<string>`posthorn.uuid_last_sibling(moment.first)`)} as d
      where ${isBefore}
      order by d.event_id desc
    ) as event
    limit ${limit}
  `.execute(db);
  return rows.map((row) => row.event_id);
}

/**
 * Prepares the query for the newest deliveries that pass the filter. Which index answers depends
 * on the state: all but freshly queued and delivered rows have a reason, and with it a partial
 * index of their own, a few among many; those that were filtered, which may be many, have another.
 * The freshly queued are found by how old the queue is.
 */
async function newestDeliveries(db: Kysely<DB>, filter: DeliveryFilter) {
  const { statuses, eventId } = filter;
  const isSplit = statuses?.includes('pending') === true && !statuses.includes('delivered');
  const oldestQueuedId =
    isSplit && eventId === undefined && filter.reason === undefined
      ? await findOldestQueuedId(db)
      : undefined;

  return (limit: number, before?: Expression<string>): DeliveryQuery => {
    const newest = () => {
      const query = deliveriesThat(db, filter)
        .select(DELIVERY_COLUMNS)
        .$narrowType<NarrowedDelivery>();
      return (before === undefined ? query : query.where('d.id', '<', before))
        .orderBy('d.id', 'desc')
        .limit(limit);
    };
    if (oldestQueuedId === undefined) return newest();

    const explained = newest().where(IS_EXPLAINED);
    const queued = newest().where('d.reason', 'is', null).where('d.id', '>=', oldestQueuedId);
    return db
      .selectFrom(explained.as('explained'))
      .selectAll()
      .unionAll(db.selectFrom(queued.as('queued')).selectAll())
      .orderBy('id', 'desc')
      .limit(limit);
  };
}

/** Literally what the partial indexes of `deliveries as d` are of. */
const IS_EXPLAINED = sql<boolean>`(d.reason is not null and d.reason <> 'filtered')`;

function deliveriesThat(db: Kysely<DB>, filter: DeliveryFilter) {
  const { tenant, subscriptionId, eventId, eventType, statuses, reason, statusClass } = filter;
  const mayBeFiltered = reason === 'filtered' || eventId !== undefined;
  const isExplained = mayBeFiltered ? sql<boolean>`d.reason is not null` : IS_EXPLAINED;
  let query = db.selectFrom('deliveries as d');
  if (tenant !== null) query = query.where('d.tenant', '=', tenant);
  if (subscriptionId !== undefined) query = query.where('d.subscription_id', '=', subscriptionId);
  if (eventType !== undefined) query = query.where('d.event_type', '=', eventType);
  if (statuses !== undefined) {
    const [status = null] = statuses;
    query =
      statuses.length === 1
        ? query.where('d.status', '=', status)
        : query.where('d.status', 'in', statuses);
  }
  if (statuses !== undefined && !statuses.includes('delivered') && !statuses.includes('pending')) {
    query = query.where(isExplained);
  } else if (!mayBeFiltered) {
    query = query.where(sql<boolean>`d.reason is distinct from 'filtered'`);
  }
  if (reason !== undefined) {
    query = query.where('d.reason', '=', sql.lit(reason)).where(isExplained);
  }
  if (statusClass !== undefined) {
    query = query
      .where('d.status_code', '>=', statusClass * 100)
      .where('d.status_code', '<', (statusClass + 1) * 100);
    if (statusClass !== 2) query = query.where(isExplained);
  }
  if (eventId !== undefined) {
    query = query
      .where('d.id', '>=', sql<string>`posthorn.uuid_first_sibling(${eventId})`)
      .where('d.id', '<=', sql<string>`posthorn.uuid_last_sibling(${eventId})`)
      .where('d.event_id', '=', eventId);
  }
  if (filter.createdFrom !== undefined) {
    query = query.where('d.id', '>=', sql<string>`posthorn.uuid_floor(${filter.createdFrom})`);
  }
  if (filter.createdBefore !== undefined) {
    query = query.where('d.id', '<', sql<string>`posthorn.uuid_floor(${filter.createdBefore})`);
  }
  return query;
}

export async function findDelivery(
  db: Kysely<DB>,
  tenant: string | null,
  id: string,
): Promise<DeliveryRow | undefined> {
  const query = db.selectFrom('deliveries as d').select(DELIVERY_COLUMNS).where('d.id', '=', id);
  return (tenant === null ? query : query.where('d.tenant', '=', tenant))
    .$narrowType<NarrowedDelivery>()
    .executeTakeFirst();
}

export type DeliveryCount = { event_id: string; status: DeliveryStatus; count: number };

/** How many deliveries each event has in each state; states without any are left out. */
export async function countDeliveriesByEvent(
  db: Kysely<DB>,
  events: readonly { readonly id: string; readonly tenant: string }[],
): Promise<DeliveryCount[]> {
  const ids = events.map(({ id }) => id);
  const tenants = events.map(({ tenant }) => tenant);
  const { rows } = await sql<DeliveryCount>`
    select event.id as event_id, by_status.status, by_status.count
    from unnest(${ids}::uuid[], ${tenants}::text[]) as event (id, tenant)
    cross join lateral (
      select d.status, count(*)::integer as count
      from posthorn.deliveries as d
      where d.id >= posthorn.uuid_first_sibling(event.id)
        and d.id <= posthorn.uuid_last_sibling(event.id)
        and d.tenant = event.tenant
        and d.event_id = event.id
      group by d.status
    ) as by_status
  `.execute(db);
  return rows;
}

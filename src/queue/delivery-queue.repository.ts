import type { Pool } from 'pg';
import { QUEUE_SCHEMA } from '../database/queue-schema.ts';
import type {
  EndedDelivery,
  EventContent,
  Lease,
  ParkedDelivery,
  QueuedDelivery,
} from './queued-delivery.ts';

type LoadRow = {
  delivery_id: string;
  tenant: string;
  event_id: string;
  subscription_id: string;
  subscription_version: string | null;
  attempt_count: number;
  attempt_base: number;
  event_type: string;
  is_next_in_order: boolean;
};

/** Of the given deliveries those that are still queued under these tickets; null: under none but 0. */
export async function loadQueuedDeliveries(
  pool: Pool,
  ids: readonly string[],
  tickets: readonly number[] | null,
): Promise<QueuedDelivery[]> {
  const { rows } = await pool.query<LoadRow>({
    name: 'load_deliveries',
    text: `select delivery_id, tenant, event_id, subscription_id, subscription_version,
      attempt_count, attempt_base, event_type, is_next_in_order
      from posthorn.load_deliveries($1::uuid[], $2::int[])`,
    values: [ids, tickets],
  });
  return rows.map((row) => ({
    id: row.delivery_id,
    tenant: row.tenant,
    eventId: row.event_id,
    subscriptionId: row.subscription_id,
    subscriptionVersion:
      row.subscription_version === null ? null : Number(row.subscription_version),
    attemptCount: row.attempt_count,
    attemptBase: row.attempt_base,
    eventType: row.event_type,
    isNextInOrder: row.is_next_in_order,
  }));
}

/** The events' content by id; payloads of more than `maxBytes` are left to a look-up of their own. */
export async function loadEventContents(
  pool: Pool,
  eventIds: readonly string[],
  maxBytes: number,
): Promise<Map<string, EventContent>> {
  const { rows } = await pool.query<{ id: string } & EventContent>({
    name: 'load_events',
    text: `select id, case when payload_bytes <= $2 then payload end as payload, headers
      from posthorn.events
      where id = any ($1::uuid[])`,
    values: [eventIds, maxBytes],
  });
  return new Map(rows.map(({ id, payload, headers }) => [id, { payload, headers }]));
}

/** Lets attempts go on after their job; until the lease is over nobody else starts them. */
export async function leaseDeliveries(
  pool: Pool,
  workerId: string,
  leases: readonly Lease[],
): Promise<void> {
  await pool.query({
    name: 'lease_deliveries',
    text: 'select posthorn.lease_deliveries($1, $2::uuid[], $3::smallint[], $4::int[])',
    values: [
      workerId,
      leases.map((lease) => lease.deliveryId),
      leases.map((lease) => lease.attemptCount),
      leases.map((lease) => lease.leaseMs),
    ],
  });
}

/** Puts deliveries that cannot start aside, and plans the job that carries them on. */
export async function parkDeliveries(
  pool: Pool,
  workerId: string | null,
  parked: readonly ParkedDelivery[],
): Promise<void> {
  await pool.query({
    name: 'park_deliveries',
    text: 'select posthorn.park_deliveries($1::text, $2::uuid[], $3::text[], $4::int[])',
    values: [
      workerId,
      parked.map(({ id }) => id),
      parked.map(({ reason }) => reason),
      parked.map(({ waitMs }) => waitMs),
    ],
  });
}

/** Ends deliveries that will not be sent. */
export async function endDeliveries(
  pool: Pool,
  workerId: string | null,
  ended: readonly EndedDelivery[],
): Promise<void> {
  await pool.query({
    name: 'end_deliveries',
    text: 'select posthorn.end_deliveries($1::text, $2::uuid[], $3::text[], $4::text[])',
    values: [
      workerId,
      ended.map(({ id }) => id),
      ended.map(({ status }) => status),
      ended.map(({ reason }) => reason),
    ],
  });
}

/** Of the given deliveries those that were retried by hand. */
export async function findRetried(pool: Pool, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'find_retried',
    text: `select id from posthorn.deliveries
      where id = any ($1::uuid[]) and retried_at is not null`,
    values: [ids],
  });
  return new Set(rows.map(({ id }) => id));
}

/** Queues what is due. Answers how many; fewer than `limit` means that nothing else is due. */
export function promoteDue(pool: Pool, limit: number): Promise<number> {
  return count(pool, 'select posthorn.promote_due($1) as count', [limit]);
}

/** Queues the oldest parked deliveries of a subscription, and plans the next drain if more wait. */
export function releaseParked(
  pool: Pool,
  {
    subscriptionId,
    limit,
    nextDrainMs,
  }: {
    subscriptionId: string;
    limit: number;
    nextDrainMs: number;
  },
): Promise<number> {
  return count(pool, 'select posthorn.release_parked($1, $2, $3) as count', [
    subscriptionId,
    limit,
    nextDrainMs,
  ]);
}

/** Ends deliveries that wait for a subscription. Answers how many. */
export function endWaiting(
  pool: Pool,
  {
    subscriptionId,
    status,
    reason,
    limit,
  }: {
    subscriptionId: string;
    status: string;
    reason: string;
    limit: number;
  },
): Promise<number> {
  return count(pool, 'select posthorn.end_waiting($1, $2, $3, $4) as count', [
    subscriptionId,
    status,
    reason,
    limit,
  ]);
}

/** Queues deliveries that no job carries any more. Answers how many. */
export function rescueLost(pool: Pool, limit: number): Promise<number> {
  return count(pool, 'select posthorn.rescue_lost($1) as count', [limit]);
}

async function count(pool: Pool, text: string, values: unknown[]): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(text, values);
  return rows[0]?.count ?? 0;
}

/**
 * Plans a drain for every subscription that has parked deliveries and is not paused; of one that
 * is gone, the drain ends them. Walks from subscription to subscription, not through the parked.
 */
export async function planMissingDrains(pool: Pool): Promise<void> {
  await pool.query(
    `with recursive parked as (
      (
        select subscription_id as id from posthorn.deliveries
        where parked order by subscription_id limit 1
      )
      union all
      select (
        select subscription_id from posthorn.deliveries
        where parked and subscription_id > parked.id order by subscription_id limit 1
      )
      from parked
      where parked.id is not null
    )
    select ${QUEUE_SCHEMA}.add_jobs(
      array_agg(posthorn.drain_spec(parked.id, 0) order by parked.id), true)
    from parked
    left join posthorn.subscriptions as s on s.id = parked.id
    where parked.id is not null and s.status is distinct from 'paused'
    having count(*) > 0`,
  );
}

/** Forgets the failures of subscriptions that were deleted while an attempt was being recorded. */
export async function deleteOrphanedFailures(pool: Pool): Promise<void> {
  await pool.query(
    `delete from posthorn.subscription_failures as f
    where not exists (select from posthorn.subscriptions as s where s.id = f.subscription_id)`,
  );
}

/** Active subscriptions that have failed for that long without one success. */
export async function findLongFailing(
  pool: Pool,
  hours: number,
): Promise<{ id: string; failingSince: Date }[]> {
  const { rows } = await pool.query<{ id: string; failing_since: Date }>(
    `select s.id, f.failing_since
    from posthorn.subscription_failures as f
    join posthorn.subscriptions as s on s.id = f.subscription_id
    where s.status = 'active' and f.last_failed_at - f.failing_since >= $1 * interval '1 hour'`,
    [hours],
  );
  return rows.map((row) => ({ id: row.id, failingSince: row.failing_since }));
}

/** Plans a drain of one subscription after `waitMs`. */
export async function planDrain(pool: Pool, subscriptionId: string, waitMs: number): Promise<void> {
  await pool.query(`select ${QUEUE_SCHEMA}.add_jobs(array[posthorn.drain_spec($1, $2)], true)`, [
    subscriptionId,
    Math.ceil(waitMs),
  ]);
}

/** Gives what is parked for a subscription another reason, but for what waits for its turn. */
export async function holdParked(
  pool: Pool,
  subscriptionId: string,
  reason: string,
): Promise<void> {
  await pool.query(
    `update posthorn.deliveries set reason = $2
    where subscription_id = $1 and parked and reason not in ('awaiting_order', $2)`,
    [subscriptionId, reason],
  );
}

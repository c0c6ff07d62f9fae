import type { Pool } from 'pg';
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

/** Lets attempts continue after their job; until the lease is over nobody else starts them. */
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

/** Of the given deliveries those that were retried manually. */
export async function findRetried(pool: Pool, ids: readonly string[]): Promise<Set<string>> {
  const { rows } = await pool.query<{ id: string }>({
    name: 'find_retried',
    text: `select id from posthorn.deliveries
      where id = any ($1::uuid[]) and retried_at is not null`,
    values: [ids],
  });
  return new Set(rows.map(({ id }) => id));
}

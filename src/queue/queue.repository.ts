import type { Pool } from 'pg';
import { first } from '../base/must.ts';
import { findTaskStates, type TaskState } from './jobs.ts';

export type QueueState = {
  readonly tasks: readonly TaskState[];
  /** Deliveries that jobs and the outbox carry: queued or about to be sent. */
  readonly depth: number;
  readonly oldestAgeSeconds: number | null;
  readonly retriesWaiting: number;
  readonly parked: number;
  readonly openBreakers: number;
  readonly halfOpenBreakers: number;
};

/** Nothing is counted further than this, so that a look costs the same at any backlog. */
export const MOST_COUNTED = 100_000;

/** One look at everything that waits, over all tenants. */
export async function findQueueState(pool: Pool): Promise<QueueState> {
  const [tasks, outbox, waiting] = await Promise.all([
    findTaskStates(pool, MOST_COUNTED),
    findOutbox(pool),
    findWaiting(pool),
  ]);
  const deliver = tasks.find(({ task }) => task === 'deliver');
  return {
    tasks,
    depth: (deliver?.deliveries ?? 0) + outbox.deliveries,
    oldestAgeSeconds: oldest(deliver?.oldestAgeSeconds ?? null, outbox.oldestAgeSeconds),
    ...waiting,
  };
}

function oldest(one: number | null, other: number | null): number | null {
  if (one === null || other === null) return one ?? other;
  return Math.max(one, other);
}

/** What was published from SQL and is not queued yet; its age is counted from the publishing. */
async function findOutbox(
  pool: Pool,
): Promise<{ deliveries: number; oldestAgeSeconds: number | null }> {
  const { rows } = await pool.query<{ deliveries: number; oldestAgeSeconds: number | null }>(
    `select coalesce(sum(cardinality(delivery_ids)), 0)::integer as deliveries,
      extract(epoch from now() - min(posthorn.uuid_moment(delivery_ids[1])))::double precision
        as "oldestAgeSeconds"
    from (select delivery_ids from posthorn.outbox order by id limit $1) as o`,
    [MOST_COUNTED],
  );
  return first(rows, 'what is in the outbox');
}

async function findWaiting(pool: Pool) {
  const { rows } = await pool.query<Omit<QueueState, 'tasks' | 'depth' | 'oldestAgeSeconds'>>(
    `select
      (select count(*)::integer from (
        select from posthorn.deliveries
        where next_attempt_at is not null and status = 'pending' limit $1) as waiting
      ) as "retriesWaiting",
      (select count(*)::integer from (
        select from posthorn.deliveries
        where (parked or next_attempt_at is not null) and parked limit $1) as parked
      ) as "parked",
      (select count(distinct subscription_id)::integer
        from posthorn.lane_states where breaker = 'open') as "openBreakers",
      (select count(distinct subscription_id)::integer
        from posthorn.lane_states where breaker = 'half_open') as "halfOpenBreakers"`,
    [MOST_COUNTED],
  );
  return first(rows, 'what waits');
}

/** The waiting deliveries of one tenant alone. */
export async function findTenantBacklog(
  pool: Pool,
  tenant: string,
): Promise<{ retriesWaiting: number; parked: number }> {
  const { rows } = await pool.query<{ retriesWaiting: number; parked: number }>(
    `select (count(*) filter (where not d.parked))::integer as "retriesWaiting",
      (count(*) filter (where d.parked))::integer as "parked"
    from posthorn.subscriptions as s
    cross join lateral (
      select parked from posthorn.deliveries
      where subscription_id = s.id and (parked or next_attempt_at is not null)
        and status = 'pending'
      limit $2
    ) as d
    where s.tenant = $1`,
    [tenant, MOST_COUNTED / 10],
  );
  return first(rows, 'what waits of a tenant');
}

import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import { first } from '../base/must.ts';
import type { DB } from '../database/tables.ts';
import type { LaneState } from './lane.ts';

/** Sets the states of one worker's lanes; nothing is written for a worker that is gone. */
export async function setLaneStates(
  pool: Pool,
  poolId: string,
  states: readonly { readonly subscriptionId: string; readonly state: LaneState }[],
): Promise<void> {
  await pool.query(
    `insert into posthorn.lane_states as l (
      subscription_id, pool_id, breaker, concurrency, in_flight, resumes_at)
    select s.id, w.pool_id, s.breaker, s.concurrency, s.in_flight,
      case when s.resume_in_ms > 0 then now() + s.resume_in_ms * interval '1 millisecond' end
    from unnest($2::uuid[], $3::text[], $4::int[], $5::int[], $6::int[])
      as s (id, breaker, concurrency, in_flight, resume_in_ms)
    cross join posthorn.workers as w
    where w.pool_id = $1
    on conflict (subscription_id, pool_id) do update
    set breaker = excluded.breaker, concurrency = excluded.concurrency,
      in_flight = excluded.in_flight, resumes_at = excluded.resumes_at, updated_at = now()`,
    [
      poolId,
      states.map(({ subscriptionId }) => subscriptionId),
      states.map(({ state }) => state.breaker),
      states.map(({ state }) => state.concurrency),
      states.map(({ state }) => state.inFlight),
      states.map(({ state }) => Math.ceil(state.resumeInMs)),
    ],
  );
}

/** How delivering to a subscription goes, over all workers. */
export type SubscriptionState = {
  readonly breaker: LaneState['breaker'];
  readonly concurrency: number | null;
  readonly inFlight: number;
  readonly parked: number;
  readonly resumesAt: Date | null;
  readonly failingSince: Date | null;
};

const MAX_PARKED_COUNTED = 10_000;

export async function findSubscriptionState(
  db: Kysely<DB>,
  subscriptionId: string,
): Promise<SubscriptionState> {
  const { rows } = await sql<SubscriptionState>`
    select
      case
        when bool_or(l.breaker = 'open') then 'open'
        when bool_or(l.breaker = 'half_open') then 'half_open'
        else 'closed'
      end as "breaker",
      sum(l.concurrency)::integer as "concurrency",
      coalesce(sum(l.in_flight), 0)::integer as "inFlight",
      max(l.resumes_at) filter (where l.resumes_at > now()) as "resumesAt",
      (
        select count(*)::integer from (
          select from posthorn.deliveries
          where subscription_id = ${subscriptionId} and parked
          limit ${MAX_PARKED_COUNTED}
        ) as parked
      ) as "parked",
      (
        select failing_since from posthorn.subscription_failures
        where subscription_id = ${subscriptionId}
      ) as "failingSince"
    from posthorn.lane_states as l
    where l.subscription_id = ${subscriptionId}
  `.execute(db);
  return first(rows, 'the state of a subscription');
}

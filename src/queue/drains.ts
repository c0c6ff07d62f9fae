import type { Pool } from 'pg';
import { QUEUE_SCHEMA } from '../database/queue-schema.ts';
import { queryCount } from './counted.ts';

/*
 * A delivery that cannot start is parked. A drain, one job for each subscription, brings the oldest
 * of what is parked back as fast as its receiver takes it.
 */

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
  return queryCount(pool, 'select posthorn.release_parked($1, $2, $3) as count', [
    subscriptionId,
    limit,
    nextDrainMs,
  ]);
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

/** What the task `drain` does to the deliveries that are parked. */
export type Drains = {
  /** Queues a subscription's oldest parked deliveries; answers how many. */
  release(subscriptionId: string, limit: number, nextDrainMs: number): Promise<number>;
  plan(subscriptionId: string, waitMs: number): Promise<void>;
  /** Plans those that a lost job or a changed setting has left out. */
  planMissing(): Promise<void>;
  /** Gives what is parked for a subscription another reason to be. */
  hold(subscriptionId: string, reason: string): Promise<void>;
};

export function createDrains(pool: Pool): Drains {
  return {
    release: (subscriptionId, limit, nextDrainMs) =>
      releaseParked(pool, { subscriptionId, limit, nextDrainMs }),
    plan: (subscriptionId, waitMs) => planDrain(pool, subscriptionId, waitMs),
    planMissing: () => planMissingDrains(pool),
    hold: (subscriptionId, reason) => holdParked(pool, subscriptionId, reason),
  };
}

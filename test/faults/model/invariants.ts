import type { Pool } from 'pg';
import { QUEUE_SCHEMA } from '../../../src/database/queue-schema.ts';

/** Every way in which a delivery can be lost or its log be wrong, as a query that finds none. */
const BROKEN: Readonly<Record<string, string>> = {
  'queued, and not carried by exactly one job': `
    select d.id from posthorn.deliveries as d
    where d.status = 'pending' and not d.parked and d.next_attempt_at is null
      and 1 <> (
        select count(*) from ${QUEUE_SCHEMA}._private_jobs as j
        join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
        cross join lateral posthorn.load_deliveries(
          (select array_agg(one.value::uuid)
          from json_array_elements_text(j.payload->'deliveries') as one),
          (select array_agg(one.value::integer)
          from json_array_elements_text(j.payload->'tickets') as one)
        ) as loaded
        where t.identifier = 'deliver' and j.attempts < j.max_attempts
          and loaded.delivery_id = d.id)`,
  'waiting, and no promote job comes after its time': `
    select d.id from posthorn.deliveries as d
    where d.status = 'pending' and d.next_attempt_at is not null
      and not exists (
        select from ${QUEUE_SCHEMA}._private_jobs as j
        join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
        where t.identifier = 'promote' and greatest(j.run_at, now()) >= d.next_attempt_at)`,
  'leased, and no promote job comes after the lease': `
    select d.id from posthorn.deliveries as d
    where d.status = 'delivering'
      and not exists (
        select from ${QUEUE_SCHEMA}._private_jobs as j
        join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
        where t.identifier = 'promote' and greatest(j.run_at, now()) >= d.next_attempt_at)`,
  'leased to a worker that is off the register, and not due': `
    select d.id from posthorn.deliveries as d
    where d.status = 'delivering' and d.next_attempt_at > now()
      and not exists (select from posthorn.workers as w where w.pool_id = d.leased_by)`,
  'parked, and no drain job carries it on': `
    select d.id from posthorn.deliveries as d
    where d.parked
      and not exists (
        select from ${QUEUE_SCHEMA}._private_jobs as j
        join ${QUEUE_SCHEMA}._private_tasks as t on t.id = j.task_id
        where t.identifier = 'drain' and j.payload->>'subscription_id' = d.subscription_id::text)`,
  'attempts with gaps, or not as many as are counted': `
    select d.id from posthorn.deliveries as d
    left join posthorn.attempts as a on a.delivery_id = d.id
    group by d.id, d.attempt_count
    having count(a.*) <> d.attempt_count or coalesce(max(a.attempt_number), 0) <> d.attempt_count`,
  'delivered without one success at the end': `
    select d.id from posthorn.deliveries as d
    where d.status = 'delivered' and not exists (
      select from posthorn.attempts as a
      where a.delivery_id = d.id and a.outcome = 'success' and a.attempt_number = d.attempt_count)`,
  'more successes than one': `
    select a.delivery_id as id from posthorn.attempts as a
    where a.outcome = 'success' group by a.delivery_id having count(*) > 1`,
};

const ALL = Object.entries(BROKEN)
  .map(([what, sql]) => `select '${what}' as what, id from (${sql}) as broken`)
  .join(' union all ');

/** @throws Error naming what is broken */
export async function checkInvariants(pool: Pool): Promise<void> {
  const { rows } = await pool.query<{ what: string; id: string }>({
    // Planned once: over all partitions, planning takes longer than looking.
    name: 'invariants',
    text: ALL,
  });
  if (rows.length === 0) return;
  throw new Error(rows.map(({ what, id }) => `${id}: ${what}`).join('\n'));
}

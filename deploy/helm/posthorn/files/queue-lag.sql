-- Deliveries that could be sent now, of jobs that have waited for a second or longer and of what was
-- published from SQL as long ago: what a worker takes up at once is no backlog. Looks at 20,000 jobs
-- and as many rows of the outbox at the most, so that it costs the same at any backlog; more workers
-- than those would feed help nobody. Calls no function of ours, which its role may not be allowed to.
select coalesce(sum(waiting.deliveries), 0)::bigint
from (
  (
    select coalesce(json_array_length(j.payload -> 'deliveries'), 0) as deliveries
    from posthorn_queue._private_jobs as j
    where j.is_available and j.run_at <= now() - interval '1 second'
      and j.task_id = (
        select t.id from posthorn_queue._private_tasks as t where t.identifier = 'deliver')
    limit 20000
  )
  union all
  (
    select cardinality(o.delivery_ids)
    from posthorn.outbox as o
    where o.delivery_ids[1] <= (
      lpad(to_hex((extract(epoch from now()) * 1000)::bigint - 1000), 12, '0') || repeat('0', 20))::uuid
    limit 20000
  )
) as waiting

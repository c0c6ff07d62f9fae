-- Deliveries that could be sent now, of jobs that have waited for a second or longer: what a worker
-- takes up at once is no backlog. Looks at 20,000 jobs at the most, so that it costs the same at any
-- backlog; more workers than those would feed help nobody.
select coalesce(sum(job.deliveries), 0)::bigint
from (
  select coalesce(json_array_length(j.payload -> 'deliveries'), 0) as deliveries
  from posthorn_queue._private_jobs as j
  where j.is_available and j.run_at <= now() - interval '1 second'
    and j.task_id = (
      select t.id from posthorn_queue._private_tasks as t where t.identifier = 'deliver')
  limit 20000
) as job

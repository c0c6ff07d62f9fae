-- Why: clean-up by dropping partitions, never by deleting rows.
-- Locks: nothing that exists.

-- Ends what was held past retention, so that nothing is dropped without a reason.
-- Only parked work expires: a retry that is still planned keeps its partition.
create function posthorn.expire_parked(p_before timestamptz, p_limit integer) returns integer
language plpgsql as $$
declare
  v_ids uuid[];
  v_count integer;
begin
  select array_agg(d.id) into v_ids
  from (
    select id
    from posthorn.deliveries
    where reason is not null and parked and id < posthorn.uuid_floor(p_before)
    limit p_limit
  ) as d;

  perform posthorn.lock_orders(v_ids);
  update posthorn.deliveries
  set status = 'discarded', reason = 'expired', parked = false, completed_at = now()
  where id = any (v_ids) and parked;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

-- The periods that may go: over before the given moment, and everything in them
-- is terminal. Deliveries are siblings of their event, so a period's three
-- partitions go together and nothing points into them from outside. Deliveries go
-- last: while their table is there, detached or not, its period is not done with.
create function posthorn.droppable_periods(p_before timestamptz) returns setof text
language plpgsql as $$
declare
  v_name text;
  v_is_pending boolean;
begin
  for v_name in
    select relname
    from pg_class
    where relnamespace = 'posthorn'::regnamespace
      and relkind = 'r'
      and relname ~ '^deliveries_[0-9]{8}_[0-9]{2}$'
      and to_timestamp(right(relname, 11), 'YYYYMMDD_HH24')::timestamp at time zone 'UTC'
        + interval '12 hours' <= p_before
    order by relname
  loop
    execute format('select exists (select from posthorn.%I where completed_at is null)', v_name)
      into v_is_pending;
    if not v_is_pending then
      return next right(v_name, 11);
    end if;
  end loop;
end
$$;

-- Queues again what no job carries: deliveries that are queued by their row while no
-- `deliver` job names them. Reads whole partitions, hence the planner's usual means.
create function posthorn.rescue_lost(p_limit integer) returns integer
language plpgsql
set enable_seqscan = on
set enable_hashjoin = on
as $$
declare
  v_ids uuid[];
begin
  with carried as (
    select json_array_elements_text(j.payload -> 'deliveries')::uuid as id
    from posthorn_queue._private_jobs as j
    join posthorn_queue._private_tasks as t on t.id = j.task_id
    where t.identifier = 'deliver'
  ),
  lost as (
    select d.id
    from posthorn.deliveries as d
    where d.completed_at is null
      and d.status = 'pending' and not d.parked and d.next_attempt_at is null
      and d.id < posthorn.uuid_floor(now() - interval '1 hour')
      and not exists (select from carried as c where c.id = d.id)
    limit p_limit
    for update of d skip locked
  )
  select array_agg(id order by id) into v_ids from lost;

  if v_ids is not null then
    perform posthorn.enqueue_deliveries(v_ids);
  end if;
  return coalesce(cardinality(v_ids), 0);
end
$$;

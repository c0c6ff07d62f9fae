-- Why: taking over from the dead. A worker is alive while a session of its own
-- holds its advisory lock and its beat is fresh.
-- Locks: nothing that exists.

-- Takes workers off the register and hands their leased deliveries and their jobs
-- back. A worker that stops calls it for itself; whoever is taken off records nothing.
create function posthorn.retire_workers(p_pool_ids text[]) returns void
language plpgsql as $$
begin
  delete from posthorn.workers where pool_id = any (p_pool_ids);

  -- Leases end soon, so the index on the due time finds them among any number of retries.
  update posthorn.deliveries
  set next_attempt_at = now()
  where leased_by = any (p_pool_ids)
    and status = 'delivering'
    and next_attempt_at <= now() + interval '2 minutes';
  perform posthorn_queue.force_unlock_workers(p_pool_ids);

  -- Also wakes the workers that wait for jobs, which unlocking alone does not.
  perform posthorn.schedule_promotions(array[now() - interval '1 second']);
end
$$;

-- Declares dead every worker whose lock is free or whose beat is too old, and answers
-- them. Not for the session that holds a lock itself: to that one its own lock is free.
create function posthorn.reap_workers(p_beat_limit interval) returns setof text
language plpgsql as $$
declare
  v_dead text[];
begin
  select array_agg(w.pool_id) into v_dead
  from (
    select pool_id, lock_key, beat_at
    from posthorn.workers
    order by pool_id
    for update skip locked
  ) as w
  where w.beat_at < clock_timestamp() - p_beat_limit
    or pg_try_advisory_xact_lock(hashtext('posthorn.worker'), w.lock_key);

  if v_dead is not null then
    perform posthorn.retire_workers(v_dead);
    return query select unnest(v_dead);
  end if;
end
$$;

-- Unlocks jobs of pools that died before they could register. Every pool that works on
-- this queue registers: its schema is ours alone, and what an application beside us has
-- locked is in another one.
create function posthorn.unlock_orphaned_jobs() returns integer
language plpgsql as $$
declare
  v_orphans text[];
begin
  select array_agg(distinct j.locked_by) into v_orphans
  from posthorn_queue.jobs as j
  where j.locked_at < now() - interval '30 seconds'
    and not exists (select from posthorn.workers as w where w.pool_id = j.locked_by);

  if v_orphans is not null then
    perform posthorn_queue.force_unlock_workers(v_orphans);
  end if;
  return coalesce(cardinality(v_orphans), 0);
end
$$;

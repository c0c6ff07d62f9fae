-- Why: taking over from the dead. A worker is alive while a session of its own
-- holds its advisory lock and its beat is fresh.
-- Locks: nothing that exists.

-- Workers enter the register one after the other, and none while it is held shared by
-- someone to whom it matters that nobody new begins to deliver.
create function posthorn.enter_register(
  p_pool_id text, p_lock_key integer, p_host text, p_process_id integer, p_version text,
  p_key_ids text[]
) returns void
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(hashtext('posthorn'), hashtext('workers'));
  insert into posthorn.workers (pool_id, lock_key, host, process_id, version, key_ids)
  values (p_pool_id, p_lock_key, p_host, p_process_id, p_version, p_key_ids);
end
$$;

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

-- Ends a delivery by request, provided that it waits, that whoever had leased it is dead, or
-- that it is queued and nobody can begin an attempt of it: each worker on the register has said
-- that none is under way, and begins none until well after p_until. Answers whether it did.
create function posthorn.cancel_delivery(
  p_id uuid, p_tenant text, p_workers text[], p_until timestamptz
) returns boolean
language plpgsql as $$
begin
  -- A worker that registers after this reads the delivery as it is left here.
  perform pg_advisory_xact_lock_shared(hashtext('posthorn'), hashtext('workers'));
  perform posthorn.lock_orders(array[p_id]);
  perform from posthorn.deliveries where id = p_id for update;

  update posthorn.deliveries as d
  set status = 'cancelled', reason = 'cancelled_by_request', next_attempt_at = null,
    parked = false, leased_by = null, completed_at = now()
  where d.id = p_id
    and (p_tenant is null or d.tenant = p_tenant)
    and case
      when d.status = 'delivering' then d.next_attempt_at <= now()
        and not exists (select from posthorn.workers as w where w.pool_id = d.leased_by)
      when d.status <> 'pending' then false
      when d.parked or d.next_attempt_at is not null then true
      else clock_timestamp() < p_until
        and not exists (select from posthorn.workers as w where w.pool_id <> all (p_workers))
    end;
  return found;
end
$$;

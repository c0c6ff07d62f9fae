-- Why: the register of live workers, taking over from dead ones, and what each worker's lane for a
-- subscription is like right now, so that the API can say why deliveries wait.
-- Locks: nothing that exists.

-- One row per running worker. `pool_id` is what Graphile Worker writes into
-- `locked_by`; the advisory lock on `lock_key` is held by a session of its own,
-- so that a dead process is known by its free lock within a second.
create table posthorn.workers (
  pool_id text not null,
  lock_key integer not null,
  host text not null,
  process_id integer not null,
  version text not null,
  -- The ids of the encryption keys it has.
  key_ids text[] not null default '{}',
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  constraint workers_pkey primary key (pool_id)
);

-- Workers enter the register one after the other, and none while a session holds the register's
-- lock shared because no new worker may begin to deliver.
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

-- Takes workers off the register and returns their leased deliveries and their jobs to the queue. A
-- worker that stops calls it for itself; one that was taken off records nothing.
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

-- Declares dead every worker whose lock is free or whose heartbeat is too old, and returns them. Not
-- for a session that holds such a lock itself, since it could take its own lock again.
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

-- Unlocks jobs of pools that died before they could register. Every pool that works on this queue
-- registers: the schema is ours alone, and an application in the same database has another one.
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

-- Deleted with its worker.
create unlogged table posthorn.lane_states (
  subscription_id uuid not null,
  pool_id text not null
    constraint lane_states_worker_fkey references posthorn.workers (pool_id) on delete cascade,
  breaker text not null constraint lane_states_breaker_check check (
    breaker in ('closed', 'open', 'half_open')),
  concurrency integer not null,
  in_flight integer not null,
  resumes_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint lane_states_pkey primary key (subscription_id, pool_id)
);

create index lane_states_pool_id_idx on posthorn.lane_states (pool_id);

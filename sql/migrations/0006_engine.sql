-- Why: delivering. Loading a job's deliveries, recording what came of them in batches, moving them
-- between the queue and the places where they wait, and keeping those with an ordering key in order.
-- Locks: nothing that exists. The functions take theirs in one order, so that none deadlock: the
-- register of workers, ordering keys, deliveries, subscription_failures, jobs.
--
-- The states of a delivery, and what continues each:
--
--   state     status                         next_attempt_at    parked   continued by
--   queued    pending                        null               no       a `deliver` job
--   waiting   pending                        the next attempt   no       a `promote` job
--   parked    pending                        null               yes      a `drain` job
--   leased    delivering                     end of the lease   no       its worker, else `promote`
--   ended     delivered, failed, discarded   null               no       nothing
--             or cancelled
--
--   from              to                by
--   queued            leased            lease_deliveries, when an attempt outlasts its job
--   queued            parked            park_deliveries, when the subscription cannot take it now
--   queued, leased    waiting, ended    record_attempts, after an attempt
--   waiting, leased   queued            promote_due, when due or when the lease is over
--   parked            queued            release_parked, release_next_in_order
--   all but ended     ended             end_deliveries, end_waiting, cancel_delivery, expire_parked
--   ended             queued, parked    a manual retry, or a replay: rearm_deliveries
--   queued            queued            rescue_lost, when no job carries it
--
-- A delivery that is put on the queue again gets its next ticket, and the new job carries it. A job
-- that has survived the crash of its worker then finds another number in the row, so that two jobs
-- never send one delivery. A job without tickets is one that accepting made: all are 0, so
-- accepting neither reads nor writes any.

-- Deliveries with an ordering key that have not ended, so that the first in line of each
-- (subscription, key) is found without looking at deliveries. Triggers maintain it.
create table posthorn.ordered_deliveries (
  tenant text not null,
  subscription_id uuid not null,
  ordering_key text not null,
  delivery_id uuid not null,
  constraint ordered_deliveries_pkey primary key (subscription_id, ordering_key, delivery_id)
);

create index ordered_deliveries_delivery_id_idx on posthorn.ordered_deliveries (delivery_id);

-- What a `deliver` job with these tickets sends: those of its deliveries that are queued and that
-- it may send, and whether each is the first in line of its ordering key. Null tickets are all 0.
create function posthorn.load_deliveries(p_ids uuid[], p_tickets integer[]) returns table (
  delivery_id uuid, tenant text, event_id uuid, subscription_id uuid,
  subscription_version bigint, attempt_count smallint, attempt_base smallint,
  event_type text, is_next_in_order boolean
)
language sql stable as $$
  select d.id, d.tenant, d.event_id, d.subscription_id,
    s.version, d.attempt_count, d.attempt_base, d.event_type,
    d.ordering_key is null or not exists (
      select from posthorn.ordered_deliveries as o
      where o.subscription_id = d.subscription_id
        and o.ordering_key = d.ordering_key
        and o.delivery_id < d.id
    )
  from posthorn.deliveries as d
  left join posthorn.subscriptions as s on s.id = d.subscription_id
  where d.id = any (p_ids)
    and d.status = 'pending' and not d.parked and d.next_attempt_at is null
    and case when p_tickets is null then d.queue_ticket = 0
      else (d.id, d.queue_ticket) in (select * from unnest(p_ids, p_tickets)) end
  order by d.id
$$;

-- The fence: a worker that was declared dead must not complete its jobs. Others have them now, and
-- Graphile Worker deletes a completed job whoever has locked it. Hence an error, which leaves the
-- job alone, rather than a record that is silently refused.
create function posthorn.assert_registered(p_worker text) returns void
language plpgsql as $$
begin
  perform from posthorn.workers where pool_id = p_worker for key share;
  if not found then
    raise exception 'worker % is not on the register', p_worker using errcode = 'PH001';
  end if;
end
$$;

-- Records a batch of attempts and moves their deliveries to their next state. Fenced twice: a worker
-- that was declared dead records nothing, and an attempt is recorded only on top of the one before
-- it. Where a delivery was cancelled or discarded during the attempt, the attempt is logged all the
-- same: it is not retried, and counts as delivered if it succeeded. Returns the deliveries that were
-- recorded.
--
-- Ages and waits come in milliseconds and are applied to the database's clock, so that a worker's
-- wrong clock changes nothing.
create function posthorn.record_attempts(
  p_worker text,
  p_delivery_ids uuid[],
  p_attempt_numbers smallint[],
  p_outcomes text[],
  p_status_codes smallint[],
  p_durations_ms integer[],
  p_ages_ms integer[],
  p_error_kinds text[],
  p_error_messages text[],
  p_response_headers text[],
  p_response_bodies text[],
  p_notes text[],
  p_sends smallint[],
  p_target_urls text[],
  p_statuses text[],
  p_reasons text[],
  p_waits_ms bigint[]
) returns setof uuid
language plpgsql as $$
declare
  v_recorded uuid[];
  v_waiting uuid[];
  v_succeeded uuid[];
  v_moments timestamptz[];
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  if exists (select from posthorn.ordered_deliveries) then
    perform posthorn.lock_orders(p_delivery_ids);
  end if;

  with result as (
    select *
    from unnest(
      p_delivery_ids, p_attempt_numbers, p_outcomes, p_status_codes, p_durations_ms, p_ages_ms,
      p_error_kinds, p_error_messages, p_response_headers, p_response_bodies, p_notes,
      p_sends, p_target_urls, p_statuses, p_reasons, p_waits_ms
    ) as r (
      delivery_id, attempt_number, outcome, status_code, duration_ms, age_ms,
      error_kind, error_message, response_headers, response_body, note, sends, target_url,
      status, reason, wait_ms
    )
  ),
  recorded as (
    update posthorn.deliveries as d
    set status = case
        when d.completed_at is null or r.status = 'delivered' then r.status else d.status end,
      reason = case
        when d.completed_at is null or r.status = 'delivered' then r.reason else d.reason end,
      attempt_count = r.attempt_number,
      -- What was not sent for a fault of our own takes nothing from the schedule.
      attempt_base = d.attempt_base
        + case when r.error_kind = 'internal' and r.status = 'pending' then 1 else 0 end,
      status_code = r.status_code,
      next_attempt_at = case when d.completed_at is null
        then now() + r.wait_ms * interval '1 millisecond' end,
      parked = false,
      leased_by = null,
      completed_at = coalesce(d.completed_at, case when r.status <> 'pending' then now() end)
    from result as r
    where d.id = r.delivery_id
      and d.attempt_count = r.attempt_number - 1
      and d.status in ('pending', 'delivering', 'cancelled', 'discarded')
    returning d.id, d.tenant, d.event_id, d.subscription_id, d.next_attempt_at, r.*
  ),
  logged as (
    insert into posthorn.attempts (
      delivery_id, attempt_number, tenant, event_id, subscription_id, outcome, status_code,
      duration_ms, error_kind, error_message, response_headers, response_body, note,
      sends, target_url, started_at)
    select r.id, r.attempt_number, r.tenant, r.event_id, r.subscription_id, r.outcome,
      r.status_code, r.duration_ms, r.error_kind, r.error_message, r.response_headers::json,
      r.response_body, r.note, r.sends, r.target_url,
      clock_timestamp() - r.age_ms * interval '1 millisecond'
    from recorded as r
  ),
  failing as (
    insert into posthorn.subscription_failures as f (tenant, subscription_id, failures)
    select min(r.tenant), r.subscription_id, count(*)
    from recorded as r
    where r.error_kind is distinct from 'internal'
    group by r.subscription_id
    having bool_and(r.outcome <> 'success')
    order by r.subscription_id
    on conflict (subscription_id) do update
    set failures = f.failures + excluded.failures, last_failed_at = now()
  )
  select array_agg(r.id),
    array_agg(r.id) filter (where r.next_attempt_at is not null),
    array_agg(distinct r.subscription_id) filter (where r.outcome = 'success'),
    array_agg(distinct r.next_attempt_at) filter (where r.next_attempt_at is not null)
  into v_recorded, v_waiting, v_succeeded, v_moments
  from recorded as r;

  if v_succeeded is not null and exists (select from posthorn.subscription_failures) then
    delete from posthorn.subscription_failures where subscription_id = any (v_succeeded);
  end if;
  if v_waiting is not null then
    perform posthorn.schedule_promotions(v_moments);
    -- Their subscription may have gone, or been disabled, while they were under way.
    perform posthorn.end_deliveries(
      null, array_agg(d.id),
      array_agg(case when s.id is null then 'cancelled' else 'discarded' end),
      array_agg(case when s.id is null then 'subscription_deleted' else 'subscription_disabled' end))
    from posthorn.deliveries as d
    left join posthorn.subscriptions as s on s.id = d.subscription_id
    where d.id = any (v_waiting) and (s.id is null or s.status = 'disabled')
    having count(*) > 0;
  end if;

  return query select unnest(v_recorded);
end
$$;

-- Lets a slow attempt continue after its job has ended: until the lease is over nobody else starts
-- the delivery. Returns those that were leased. Raises PH001 for a worker that was declared dead.
create function posthorn.lease_deliveries(
  p_worker text, p_delivery_ids uuid[], p_attempt_counts smallint[], p_leases_ms integer[]
) returns setof uuid
language plpgsql as $$
declare
  v_leased uuid[];
  v_moments timestamptz[];
begin
  perform posthorn.assert_registered(p_worker);

  with leased as (
    update posthorn.deliveries as d
    set status = 'delivering', reason = 'in_flight', leased_by = p_worker, parked = false,
      next_attempt_at = now() + l.lease_ms * interval '1 millisecond'
    from unnest(p_delivery_ids, p_attempt_counts, p_leases_ms)
      as l (delivery_id, attempt_count, lease_ms)
    where d.id = l.delivery_id and d.attempt_count = l.attempt_count and d.status = 'pending'
    returning d.id, d.next_attempt_at
  )
  select array_agg(l.id), array_agg(distinct l.next_attempt_at)
  into v_leased, v_moments
  from leased as l;

  if v_moments is not null then
    perform posthorn.schedule_promotions(v_moments);
  end if;
  return query select unnest(v_leased);
end
$$;

-- Parks deliveries that cannot start, with the reason, and plans the `drain` job that releases them:
-- whatever becomes of this process, no parked delivery is without one. Null as the wait plans none;
-- a paused subscription drains on resume. Raises PH001 for a worker that was declared dead: parked
-- in the middle of its successor's attempt, a delivery would be released and sent once more.
create function posthorn.park_deliveries(
  p_worker text, p_ids uuid[], p_reasons text[], p_waits_ms integer[]
) returns void
language plpgsql as $$
declare
  v_drains posthorn_queue.job_spec[];
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  if 'awaiting_order' = any (p_reasons) then
    perform posthorn.lock_orders(p_ids);
  end if;

  with parked as (
    update posthorn.deliveries as d
    set parked = true, reason = p.reason, next_attempt_at = null
    from unnest(p_ids, p_reasons, p_waits_ms) as p (id, reason, wait_ms)
    where d.id = p.id and d.status = 'pending' and d.next_attempt_at is null
    returning d.subscription_id, p.wait_ms
  ),
  subscription as (
    select subscription_id, min(wait_ms) as wait_ms
    from parked
    where wait_ms is not null
    group by subscription_id
    order by subscription_id
  )
  select array_agg(posthorn.drain_spec(subscription_id, wait_ms)) into v_drains
  from subscription
  where wait_ms <= 1000 or not posthorn.is_planned('drain:' || subscription_id);

  if v_drains is not null then
    perform posthorn_queue.add_jobs(v_drains, true);
  end if;

  perform posthorn.release_next_in_order(d.subscription_id, d.ordering_key)
  from posthorn.deliveries as d
  join unnest(p_ids, p_reasons) as p (id, reason) on p.id = d.id
  where p.reason = 'awaiting_order' and d.ordering_key is not null
  group by d.subscription_id, d.ordering_key
  order by d.subscription_id, d.ordering_key;
end
$$;

-- One drain job per subscription: a second request finds the first and changes nothing.
create function posthorn.drain_spec(p_subscription_id uuid, p_wait_ms integer)
returns posthorn_queue.job_spec
language sql stable as $$
  select row(
    'drain', json_build_object('subscription_id', p_subscription_id), null,
    now() + p_wait_ms * interval '1 millisecond', 1000,
    'drain:' || p_subscription_id, null, null
  )::posthorn_queue.job_spec
$$;

-- Ends deliveries that will not be sent, with the reason. Raises PH001 for a worker that was declared
-- dead.
create function posthorn.end_deliveries(
  p_worker text, p_ids uuid[], p_statuses text[], p_reasons text[]
) returns void
language plpgsql as $$
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  perform posthorn.lock_orders(p_ids);

  update posthorn.deliveries as d
  set status = e.status, reason = e.reason, next_attempt_at = null, parked = false,
    leased_by = null, completed_at = now()
  from unnest(p_ids, p_statuses, p_reasons) as e (id, status, reason)
  where d.id = e.id and d.status in ('pending', 'delivering');
end
$$;

-- Ends what waits for a subscription: parked, or due later. What is queued ends when its job finds
-- the subscription deleted or disabled. Returns how many it looked at; fewer than the limit means
-- that nothing else waits.
create function posthorn.end_waiting(
  p_subscription_id uuid, p_status text, p_reason text, p_limit integer
) returns integer
language plpgsql as $$
declare
  v_ids uuid[];
begin
  select array_agg(d.id) into v_ids
  from (
    select id
    from posthorn.deliveries
    where subscription_id = p_subscription_id
      and (parked or next_attempt_at is not null)
      and status = 'pending'
    limit p_limit
  ) as d;

  perform posthorn.lock_orders(v_ids);
  update posthorn.deliveries
  set status = p_status, reason = p_reason, next_attempt_at = null, parked = false,
    leased_by = null, completed_at = now()
  where id = any (v_ids) and (parked or next_attempt_at is not null) and status = 'pending';
  return coalesce(cardinality(v_ids), 0);
end
$$;

-- Cancels a delivery by request, provided that it waits, that the worker that had leased it is dead,
-- or that it is queued and nobody can begin an attempt of it: each worker on the register has said
-- that none is under way, and begins none until well after p_until. Returns whether it did.
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

-- Queues deliveries again, 256 to a job. The caller has given each its next ticket.
create function posthorn.requeue_deliveries(p_ids uuid[], p_tickets integer[]) returns void
language plpgsql as $$
begin
  if p_ids is null then
    return;
  end if;
  perform posthorn_queue.add_jobs(array(
    select row(
      'deliver', json_build_object(
        'deliveries', p_ids[first : first + 255], 'tickets', p_tickets[first : first + 255]),
      null, null, 1000, null, null, null
    )::posthorn_queue.job_spec
    from generate_series(1, cardinality(p_ids), 256) as first
  ));
end
$$;

-- Queues what has become due, oldest first, and leases that ran out. Returns how many were moved;
-- fewer than the limit means that nothing else is due.
create function posthorn.promote_due(p_limit integer) returns integer
language plpgsql as $$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with due as (
    select id
    from posthorn.deliveries
    where next_attempt_at <= now()
    order by next_attempt_at
    limit p_limit
    for update skip locked
  ),
  moved as (
    update posthorn.deliveries as d
    set status = 'pending', next_attempt_at = null, leased_by = null,
      queue_ticket = d.queue_ticket + 1
    from due
    where d.id = due.id
    returning d.id, d.queue_ticket
  )
  select array_agg(id order by id), array_agg(queue_ticket order by id)
  into v_ids, v_tickets
  from moved;

  perform posthorn.requeue_deliveries(v_ids, v_tickets);
  return coalesce(cardinality(v_ids), 0);
end
$$;

-- Plans a `promote` job for each moment at which something becomes due. Moments
-- are rounded up, finely when near and coarsely when far, and each has one job
-- key, so that a million waiting retries cost a few hundred jobs.
create function posthorn.schedule_promotions(p_moments timestamptz[]) returns void
language plpgsql as $$
declare
  v_jobs posthorn_queue.job_spec[];
begin
  v_jobs := array(
    select row(
      'promote', json_build_object(), null, bucket.at, 1000,
      'promote:' || extract(epoch from bucket.at)::bigint, null, null
    )::posthorn_queue.job_spec
    from (
      select distinct date_bin(
        case
          when moment <= now() + interval '2 minutes' then interval '1 second'
          when moment <= now() + interval '20 minutes' then interval '10 seconds'
          else interval '1 minute'
        end, moment, timestamptz '2020-01-01 00:00:00+00'
      ) + case
          when moment <= now() + interval '2 minutes' then interval '1 second'
          when moment <= now() + interval '20 minutes' then interval '10 seconds'
          else interval '1 minute'
        end as at
      from unnest(p_moments) as moment
    ) as bucket
    -- One that is planned and more than a second away will see this transaction's rows;
    -- leaving it alone spares recorders waiting for each other on its row.
    where bucket.at <= now() + interval '1 second'
      or not posthorn.is_planned('promote:' || extract(epoch from bucket.at)::bigint)
    order by bucket.at
  );
  if cardinality(v_jobs) > 0 then
    perform posthorn_queue.add_jobs(v_jobs);
  end if;
end
$$;

-- Whether a job with this key waits for its moment.
create function posthorn.is_planned(p_job_key text) returns boolean
language sql stable as $$
  select exists (
    select from posthorn_queue._private_jobs as j where j.key = p_job_key and j.is_available)
$$;

-- Queues the oldest parked deliveries of a subscription, in order, and plans the
-- next drain when there may be more.
create function posthorn.release_parked(
  p_subscription_id uuid, p_limit integer, p_next_drain_ms integer
) returns integer
language plpgsql as $$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with oldest as (
    select id
    from posthorn.deliveries
    where subscription_id = p_subscription_id and parked and reason <> 'awaiting_order'
    order by id
    limit p_limit
    for update skip locked
  ),
  released as (
    update posthorn.deliveries as d
    set parked = false, reason = 'released', queue_ticket = d.queue_ticket + 1
    from oldest
    where d.id = oldest.id
    returning d.id, d.queue_ticket
  )
  select array_agg(id order by id), array_agg(queue_ticket order by id)
  into v_ids, v_tickets
  from released;

  perform posthorn.requeue_deliveries(v_ids, v_tickets);
  if cardinality(v_ids) = p_limit then
    perform posthorn_queue.add_jobs(
      array[posthorn.drain_spec(p_subscription_id, p_next_drain_ms)], true);
  end if;
  return coalesce(cardinality(v_ids), 0);
end
$$;

-- Queues again what nothing carries: deliveries that are queued by their row while neither a `deliver`
-- job nor the outbox has their ticket. Reads whole partitions, hence the planner's default settings.
create function posthorn.rescue_lost(p_limit integer) returns integer
language plpgsql
set enable_seqscan = on
set enable_hashjoin = on
as $$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with carried as (
    select c.id::uuid as id, coalesce(c.ticket::integer, 0) as queue_ticket
    from posthorn_queue._private_jobs as j
    join posthorn_queue._private_tasks as t on t.id = j.task_id
    cross join lateral rows from (
      json_array_elements_text(j.payload -> 'deliveries'),
      json_array_elements_text(j.payload -> 'tickets')
    ) as c (id, ticket)
    where t.identifier = 'deliver'
    union all
    -- Published from SQL, by a transaction that may have lasted.
    select unnest(o.delivery_ids), 0 from posthorn.outbox as o
  ),
  lost as (
    select d.id
    from posthorn.deliveries as d
    where d.completed_at is null
      and d.status = 'pending' and not d.parked and d.next_attempt_at is null
      and d.id < posthorn.uuid_floor(now() - interval '1 hour')
      and not exists (
        select from carried as c where c.id = d.id and c.queue_ticket = d.queue_ticket)
    limit p_limit
    for update of d skip locked
  ),
  found as (
    update posthorn.deliveries as d
    set queue_ticket = d.queue_ticket + 1,
      -- For queries look at new ids alone among those without one.
      reason = coalesce(d.reason, 'released')
    from lost
    where d.id = lost.id
    returning d.id, d.queue_ticket
  )
  select array_agg(id order by id), array_agg(queue_ticket order by id)
  into v_ids, v_tickets
  from found;

  perform posthorn.requeue_deliveries(v_ids, v_tickets);
  return coalesce(cardinality(v_ids), 0);
end
$$;

-- Ordering: deliveries with an ordering key reach their subscription one at a time, in the order in
-- which their events were accepted. A retry of the first holds up the rest.

-- Takes the locks of the ordering keys of some deliveries before any of their rows is touched.
-- Functions that end or park several at once start here: all take the locks in one order, and none
-- waits for one while it holds a row that the lock's holder wants.
create function posthorn.lock_orders(p_ids uuid[]) returns void
language sql as $$
  select pg_advisory_xact_lock(hashtext('posthorn.ordering'), o.lock)
  from (
    select distinct hashtext(subscription_id || ordering_key) as lock
    from posthorn.ordered_deliveries
    where delivery_id = any (p_ids)
    order by lock
  ) as o
$$;

create function posthorn.tg_deliveries_enter_order() returns trigger
language plpgsql as $$
begin
  insert into posthorn.ordered_deliveries (tenant, subscription_id, ordering_key, delivery_id)
  values (new.tenant, new.subscription_id, new.ordering_key, new.id);
  return null;
end
$$;

create trigger deliveries_enter_order after insert on posthorn.deliveries
for each row when (new.ordering_key is not null and new.completed_at is null)
execute function posthorn.tg_deliveries_enter_order();

create function posthorn.tg_deliveries_leave_order() returns trigger
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(
    hashtext('posthorn.ordering'), hashtext(new.subscription_id || new.ordering_key));
  delete from posthorn.ordered_deliveries
  where subscription_id = new.subscription_id
    and ordering_key = new.ordering_key
    and delivery_id = new.id;
  perform posthorn.release_next_in_order(new.subscription_id, new.ordering_key);
  return null;
end
$$;

create trigger deliveries_leave_order after update on posthorn.deliveries
for each row when (
  new.ordering_key is not null and new.completed_at is not null and old.completed_at is null)
execute function posthorn.tg_deliveries_leave_order();

-- Queues the first in line of a key if it is parked for its turn. The lock lets the session that
-- parks and the one that leaves see each other: the second of the two releases.
create function posthorn.release_next_in_order(
  p_subscription_id uuid, p_ordering_key text
) returns void
language plpgsql as $$
declare
  v_next uuid;
  v_ticket integer;
begin
  perform pg_advisory_xact_lock(
    hashtext('posthorn.ordering'), hashtext(p_subscription_id || p_ordering_key));

  select delivery_id into v_next
  from posthorn.ordered_deliveries
  where subscription_id = p_subscription_id and ordering_key = p_ordering_key
  order by delivery_id
  limit 1;

  update posthorn.deliveries
  set parked = false, reason = 'released', queue_ticket = queue_ticket + 1
  where id = v_next and parked and reason = 'awaiting_order'
  returning queue_ticket into v_ticket;
  if found then
    perform posthorn.requeue_deliveries(array[v_next], array[v_ticket]);
  end if;
end
$$;

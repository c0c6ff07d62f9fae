-- Why: a delivery that was put on the queue again (due, released, retried by hand) while the
-- job that had carried it before survived a crash was carried by two jobs, and could be sent
-- twice. Now the row names the one job that may send it.
-- Locks: posthorn.deliveries exclusively, for as long as a column takes; no row is rewritten.
--
-- The ticket counts how often a delivery was put on the queue again, and a `deliver` job
-- carries the tickets of its deliveries beside their ids. A job without tickets is one that
-- accepting made: all are 0, so accepting neither reads nor writes any.
--
-- While processes of the release before are replaced: their workers load without looking at
-- tickets, as before. A retry that one of their APIs is asked for by hand is queued without
-- its ticket; where that is not 0, the next clean-up queues it again.

alter table posthorn.deliveries add column queue_ticket integer not null default 0;

-- What a `deliver` job of these tickets sends: those of its deliveries that are queued and
-- that it may send. Null tickets are all 0.
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

-- Queues what has become due, oldest first, and leases that ran out. Answers how
-- many were moved; fewer than the limit means that nothing else is due.
create or replace function posthorn.promote_due(p_limit integer) returns integer
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

-- Queues the oldest parked deliveries of a subscription, in order, and plans the
-- next drain when there may be more.
create or replace function posthorn.release_parked(
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

-- Queues the first in line of a key if it is parked for its turn. The lock lets the one
-- who parks and the one who leaves see each other: whoever comes second releases.
create or replace function posthorn.release_next_in_order(
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

-- Queues again what no job carries: deliveries that are queued by their row while no
-- `deliver` job has their ticket. Reads whole partitions, hence the planner's usual means.
create or replace function posthorn.rescue_lost(p_limit integer) returns integer
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
    set queue_ticket = d.queue_ticket + 1
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

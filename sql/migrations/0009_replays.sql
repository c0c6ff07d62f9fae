-- Why: sending again what a time range holds, to the same subscription or to another, at any
-- size: page by page, each in a transaction of its own that also moves the replay's position, so
-- that nothing is left out or done twice whatever becomes of a worker.
-- Locks: nothing that exists.

create table posthorn.replays (
  id uuid not null,
  tenant text not null,
  subscription_id uuid not null,
  target_subscription_id uuid not null,
  source text not null constraint replays_source_check check (source in ('deliveries', 'events')),
  -- Between these ids, both exclusive: what is made later is not a part of it, so it ends.
  after_id uuid not null,
  before_id uuid not null,
  statuses text[],
  event_types text[],
  event_id uuid,
  -- A content filter, which the task evaluates.
  filter json,
  -- Deliveries a second; null as fast as they go.
  rate_limit integer constraint replays_rate_limit_check check (rate_limit > 0),
  status text not null default 'running' constraint replays_status_check check (
    status in ('running', 'paused', 'cancelled', 'completed', 'failed')),
  failure text,
  total bigint not null,
  is_estimate boolean not null,
  seen bigint not null default 0,
  replayed bigint not null default 0,
  -- Everything up to position_id is done; the last page began after page_after_id and put
  -- page_queued deliveries on the queue.
  position_id uuid not null,
  page_after_id uuid not null,
  page_queued integer not null default 0,
  -- What the rate limit allows: the next page not before this moment.
  next_page_at timestamptz,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  completed_at timestamptz,
  constraint replays_pkey primary key (id),
  constraint replays_statuses_check check ((statuses is null) = (source = 'events')),
  constraint replays_failure_check check ((failure is not null) = (status = 'failed')),
  constraint replays_completed_check check (
    (completed_at is not null) = (status in ('cancelled', 'completed', 'failed')))
);

create index replays_tenant_idx on posthorn.replays (tenant, id);
create index replays_subscription_idx on posthorn.replays (subscription_id, id);
create index replays_target_idx on posthorn.replays (target_subscription_id, id);
create index replays_running_idx on posthorn.replays (id) where status = 'running';

-- Puts ended deliveries on the queue again as a manual retry does, with a new retry schedule, or
-- holds them for a paused subscription. Returns those that were still in one of the states.
create function posthorn.rearm_deliveries(p_ids uuid[], p_statuses text[], p_is_held boolean)
returns setof uuid
language plpgsql as $$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with rearmed as (
    update posthorn.deliveries as d
    set status = 'pending',
      reason = case when p_is_held then 'subscription_paused' else 'released' end,
      parked = p_is_held,
      attempt_base = d.attempt_count,
      completed_at = null,
      queue_ticket = d.queue_ticket + 1
    where d.id = any (p_ids) and d.completed_at is not null
      and case d.reason when 'filtered' then d.reason else d.status end = any (p_statuses)
    returning d.id, d.tenant, d.subscription_id, d.ordering_key, d.queue_ticket
  ),
  -- Ending took them out of the line of their ordering key.
  ordered as (
    insert into posthorn.ordered_deliveries (tenant, subscription_id, ordering_key, delivery_id)
    select r.tenant, r.subscription_id, r.ordering_key, r.id
    from rearmed as r
    where r.ordering_key is not null
    on conflict do nothing
  )
  select array_agg(r.id order by r.id), array_agg(r.queue_ticket order by r.id)
  into v_ids, v_tickets
  from rearmed as r;

  if not p_is_held then
    perform posthorn.requeue_deliveries(v_ids, v_tickets);
  end if;
  return query select unnest(v_ids);
end
$$;

-- Makes a delivery of each event to a subscription that has none of it yet, and puts them on
-- the queue in the order of their events, unless they are held. Returns those made.
create function posthorn.add_deliveries(
  p_event_ids uuid[], p_tenant text, p_subscription_id uuid, p_is_held boolean
) returns setof uuid
language plpgsql as $$
declare
  v_ids uuid[];
begin
  with added as (
    insert into posthorn.deliveries (
      id, tenant, event_id, subscription_id, event_type, ordering_key, reason, parked)
    select posthorn.uuid_sibling(e.id), e.tenant, e.id, p_subscription_id, e.event_type,
      -- With a reason from the start: queries for what is queued look among those without one at
      -- new ids alone, and these are as old as their events.
      e.ordering_key, case when p_is_held then 'subscription_paused' else 'released' end, p_is_held
    from posthorn.events as e
    where e.id = any (p_event_ids) and e.tenant = p_tenant
      and not exists (
        select from posthorn.deliveries as d
        where d.id >= posthorn.uuid_first_sibling(e.id)
          and d.id <= posthorn.uuid_last_sibling(e.id)
          and d.event_id = e.id
          and d.subscription_id = p_subscription_id
      )
    returning id, event_id
  ),
  -- Their period may be over, and about to be dropped.
  reopened as (
    insert into posthorn.reopened_deliveries (delivery_id) select id from added
  )
  select array_agg(a.id order by a.event_id) into v_ids from added as a;

  -- With tickets, as what has a reason.
  if not p_is_held and v_ids is not null then
    perform posthorn.requeue_deliveries(v_ids, array_fill(0, array[cardinality(v_ids)]));
  end if;
  return query select unnest(v_ids);
end
$$;

-- Does one page of a replay, of which the task has found what it holds: everything after
-- p_after_id up to p_until_id has been looked at and p_ids of it are to be replayed, of
-- p_seen that were asked for. They are deliveries where those are queued again, else events.
--
-- Returns the state the replay is in afterwards; null, with nothing done, when it is not, or
-- no longer, running at p_after_id: another run has done the page, or the replay was stopped.
create function posthorn.replay_page(
  p_id uuid, p_after_id uuid, p_until_id uuid, p_ids uuid[], p_seen integer, p_is_last boolean
) returns text
language plpgsql as $$
declare
  v_replay posthorn.replays;
  v_subscription text;
  v_ids uuid[];
  v_is_held boolean;
  v_count integer;
begin
  select * into v_replay from posthorn.replays as r
  where r.id = p_id and r.position_id = p_after_id and r.status = 'running'
  for update;
  if not found then
    return null;
  end if;
  -- One page to a target at a time, or two replays could make the same delivery.
  perform pg_advisory_xact_lock(
    hashtext('posthorn.replay'), hashtext(v_replay.target_subscription_id::text));

  -- Pausing, resuming or disabling it happens before this page or after it.
  select s.status into v_subscription from posthorn.subscriptions as s
  where s.id = v_replay.target_subscription_id
  for share;
  if v_subscription is null or v_subscription = 'disabled' then
    update posthorn.replays as r
    set status = 'failed', updated_at = now(), completed_at = now(),
      failure = case when v_subscription is null then 'The target subscription was deleted.'
        else 'The target subscription is disabled.' end
    where r.id = p_id;
    return 'failed';
  end if;

  v_is_held := v_subscription = 'paused';
  if v_replay.source = 'deliveries' and v_replay.subscription_id = v_replay.target_subscription_id
  then
    v_ids := array(
      select posthorn.rearm_deliveries(p_ids, v_replay.statuses, v_is_held));
  else
    v_ids := array(
      select posthorn.add_deliveries(
        p_ids, v_replay.tenant, v_replay.target_subscription_id, v_is_held));
  end if;
  v_count := cardinality(v_ids);

  update posthorn.replays as r
  set position_id = p_until_id, page_after_id = p_after_id,
    page_queued = case when v_is_held then 0 else v_count end,
    seen = r.seen + p_seen, replayed = r.replayed + v_count,
    -- A late run may catch up on two seconds at most.
    next_page_at = case when r.rate_limit is not null then
      greatest(coalesce(r.next_page_at, now()), now() - interval '2 seconds')
        + v_count * interval '1 second' / r.rate_limit end,
    status = case when p_is_last then 'completed' else 'running' end,
    updated_at = now(),
    completed_at = case when p_is_last then now() end
  where r.id = p_id;
  return case when p_is_last then 'completed' else 'running' end;
end
$$;

-- How many deliveries of a replay's last page are still queued, at most p_limit.
create function posthorn.replay_queued(p_id uuid, p_limit integer) returns integer
language sql stable as $$
  select count(*)::integer
  from (
    select
    from posthorn.replays as r
    join posthorn.deliveries as d
      on d.subscription_id = r.target_subscription_id
      and d.id > posthorn.uuid_first_sibling(r.page_after_id)
      and d.id <= posthorn.uuid_last_sibling(r.position_id)
    where r.id = p_id
      and d.status = 'pending' and not d.parked and d.next_attempt_at is null
    limit p_limit
  ) as queued
$$;

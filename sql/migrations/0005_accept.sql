-- Why: accepting events. One call takes a micro-batch of requests and leaves events, deliveries and
-- the jobs that carry them, in one commit, with the keys that make publishing idempotent.
-- Locks: nothing that exists.

create table posthorn.idempotency_keys (
  tenant text not null,
  key text not null,
  request_hash text not null,
  event_ids uuid[] not null,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (tenant, key)
);

create index idempotency_keys_created_at_idx on posthorn.idempotency_keys (created_at);

-- Puts deliveries on the queue, given in the order of their events: one `deliver` job for every 256 ids, so that the
-- queue's cost is paid once a batch and large fan-outs spread over workers.
create function posthorn.enqueue_deliveries(p_ids uuid[]) returns void
language plpgsql as $$
begin
  if p_ids is null then
    return;
  end if;
  perform posthorn_queue.add_jobs(array(
    select row(
      'deliver', json_build_object('deliveries', p_ids[first : first + 255]),
      null, null, 1000, null, null, null
    )::posthorn_queue.job_spec
    from generate_series(1, cardinality(p_ids), 256) as first
  ));
end
$$;

-- Accepts a batch of events: stores them, their deliveries and the jobs that carry those, in one
-- statement. Every array has one element per event; payloads come as one string joined by U+001E,
-- which valid JSON cannot hold unescaped.
--
-- Events of one request share a number in p_requests. A request with an idempotency key carries key
-- and hash at its first event and nulls at the rest.
--
-- With a subscription id an event goes to that subscription alone, provided that its version is the
-- one the caller has checked; without one it goes to every subscription that matches.
--
-- Returns one row per event, with its outcome:
--   accepted   stored, with its deliveries
--   replayed   the key was used before for the same request: the first answer
--   conflict   the key was used before for another request; nothing stored
--   in_use     the key is held by a transaction that is still open; nothing stored
--   stale      the subscription is gone or has changed; nothing stored
--
-- `subscription_id` and `subscription_version` are set where the event has exactly one delivery,
-- which is queued and waits for no other: a process that accepts and delivers can send that without
-- reading back what it has just written.
--
-- Within another transaction (`posthorn.publish`) the deliveries are left to the outbox, and keys
-- have been claimed before.
create function posthorn.accept_events(
  p_event_ids uuid[],
  p_requests integer[],
  p_tenants text[],
  p_event_types text[],
  p_payloads text,
  p_payload_bytes integer[],
  p_headers text[],
  p_ordering_keys text[],
  p_subscription_ids uuid[],
  p_subscription_versions bigint[],
  p_idempotency_keys text[],
  p_request_hashes text[],
  p_is_from_sql boolean default false
) returns table (
  ordinal integer, outcome text, event_id uuid, delivery_id uuid, delivery_count integer,
  subscription_id uuid, subscription_version bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  v_has_keys constant boolean :=
    not p_is_from_sql and array_remove(p_idempotency_keys, null) <> '{}';
  v_settled integer[] := '{}';
  v_in_use integer[] := '{}';
begin
  if v_has_keys then
    select c.settled, c.in_use into v_settled, v_in_use
    from posthorn.claim_idempotency_keys(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes) as c;
  end if;

  return query
  with input as materialized (
    select i.*
    from unnest(
      p_event_ids, p_requests, p_tenants, p_event_types, string_to_array(p_payloads, e'\x1e'),
      p_payload_bytes, p_headers, p_ordering_keys, p_subscription_ids, p_subscription_versions,
      p_idempotency_keys
    ) with ordinality as i (
      event_id, request, tenant, event_type, payload,
      payload_bytes, headers, ordering_key, subscription_id, subscription_version,
      idempotency_key, ordinal
    )
    where i.request <> all (v_settled) and i.request <> all (v_in_use)
  ),
  target as materialized (
    select posthorn.uuid_sibling(i.event_id) as delivery_id, i.ordinal, i.event_id, i.tenant,
      i.event_type, i.ordering_key, s.id as subscription_id, s.version, s.status
    from input as i
    join posthorn.subscriptions as s
      on s.id = i.subscription_id and s.tenant = i.tenant and s.version = i.subscription_version
    where i.subscription_id is not null
    union all
    select posthorn.uuid_sibling(i.event_id), i.ordinal, i.event_id, i.tenant,
      i.event_type, i.ordering_key, m.subscription_id, m.version, m.status
    from input as i
    cross join lateral posthorn.matching_subscriptions(i.tenant, i.event_type) as m
    where i.subscription_id is null
  ),
  stored_event as (
    insert into posthorn.events (
      id, tenant, event_type, payload, payload_bytes, headers, idempotency_key, ordering_key)
    select i.event_id, i.tenant, i.event_type, i.payload, i.payload_bytes, i.headers::jsonb,
      i.idempotency_key, i.ordering_key
    from input as i
    where i.subscription_id is null
      or exists (select from target as t where t.ordinal = i.ordinal)
  ),
  stored_delivery as (
    insert into posthorn.deliveries (
      id, tenant, event_id, subscription_id, event_type, ordering_key,
      status, reason, parked, completed_at)
    select t.delivery_id, t.tenant, t.event_id, t.subscription_id, t.event_type, t.ordering_key,
      case t.status when 'disabled' then 'discarded' else 'pending' end,
      case t.status
        when 'disabled' then 'subscription_disabled'
        when 'paused' then 'subscription_paused'
      end,
      t.status = 'paused',
      case t.status when 'disabled' then now() end
    from target as t
  ),
  queued as materialized (
    select case when p_is_from_sql then posthorn.defer_deliveries(active.ids)
      else posthorn.enqueue_deliveries(active.ids) end
    from (
      select array_agg(t.delivery_id order by t.event_id) filter (where t.status = 'active') as ids
      from target as t
    ) as active
  ),
  delivery as (
    select t.event_id, (array_agg(t.delivery_id))[1] as id, count(*)::integer as deliveries,
      case when count(*) = 1 and bool_and(t.status = 'active' and t.ordering_key is null)
        then (array_agg(t.subscription_id))[1] end as subscription_id,
      min(t.version) as version
    from target as t
    group by t.event_id
  )
  select i.ordinal::integer,
    case when i.subscription_id is not null and d.id is null then 'stale' else 'accepted' end,
    i.event_id, d.id, coalesce(d.deliveries, 0), d.subscription_id,
    case when d.subscription_id is not null then d.version end
  from input as i
  left join delivery as d on d.event_id = i.event_id
  cross join queued;

  if v_has_keys then
    delete from posthorn.idempotency_keys as k
    using unnest(p_tenants, p_idempotency_keys, p_event_ids, p_requests)
      as i (tenant, key, event_id, request)
    where k.tenant = i.tenant and k.key = i.key and k.event_ids[1] = i.event_id
      and not exists (select from posthorn.events as e where e.id = i.event_id);

    return query
    select r.*, null::uuid, null::bigint
    from posthorn.replay_idempotent(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes, v_settled) as r;

    return query
    select i.ordinal::integer, 'in_use', null::uuid, null::uuid, 0, null::uuid, null::bigint
    from unnest(p_requests) with ordinality as i (request, ordinal)
    where i.request = any (v_in_use);
  end if;
end
$$;

-- Takes the keys of a batch. `settled` are the requests whose key was taken before, `in_use` those
-- whose key is held by a transaction that is still open: neither stores anything. Whoever holds a
-- key, such as an application that has published from SQL, may do so for as long as it likes, so
-- nobody waits here for longer than it takes other batches to commit.
create function posthorn.claim_idempotency_keys(
  p_event_ids uuid[],
  p_requests integer[],
  p_tenants text[],
  p_keys text[],
  p_hashes text[],
  out settled integer[],
  out in_use integer[]
)
language plpgsql
set lock_timeout = '5ms'
as $$
begin
  in_use := '{}';
  begin
    -- In one order, so that two batches never deadlock.
    insert into posthorn.idempotency_keys (tenant, key, request_hash, event_ids)
    select i.tenant, i.key, i.hash, posthorn.request_event_ids(p_event_ids, p_requests, i.request)
    from unnest(p_requests, p_tenants, p_keys, p_hashes) as i (request, tenant, key, hash)
    where i.key is not null
    order by i.tenant, i.key
    on conflict do nothing;
  exception when lock_not_available then
    in_use := posthorn.claim_free_idempotency_keys(
      p_event_ids, p_requests, p_tenants, p_keys, p_hashes);
  end;

  settled := array(
    select i.request
    from unnest(p_event_ids, p_requests, p_tenants, p_keys) as i (event_id, request, tenant, key)
    join posthorn.idempotency_keys as k on k.tenant = i.tenant and k.key = i.key
    where k.event_ids[1] <> i.event_id and i.request <> all (in_use)
  );
end
$$;

-- The same, key by key, for a batch in which one is held. Returns the requests whose key is in use.
-- Each of those costs the whole batch a wait, so after some the rest of that tenant's keys count as
-- in use as well; the order is random, so that a client that tries again is once among the first.
create function posthorn.claim_free_idempotency_keys(
  p_event_ids uuid[],
  p_requests integer[],
  p_tenants text[],
  p_keys text[],
  p_hashes text[]
) returns integer[]
language plpgsql
set lock_timeout = '1ms'
as $$
declare
  v_most_waits constant integer := 8;
  v_waits integer := 0;
  v_tenant text;
  v_in_use integer[] := '{}';
  v_claim record;
begin
  for v_claim in
    select i.tenant, i.key, array_agg(i.request order by i.ordinal) as requests,
      (array_agg(i.hash order by i.ordinal))[1] as hash
    from unnest(p_requests, p_tenants, p_keys, p_hashes)
      with ordinality as i (request, tenant, key, hash, ordinal)
    where i.key is not null
    group by i.tenant, i.key
    order by i.tenant, random()
  loop
    if v_claim.tenant is distinct from v_tenant then
      v_tenant := v_claim.tenant;
      v_waits := 0;
    end if;
    if v_waits = v_most_waits then
      v_in_use := v_in_use || v_claim.requests;
      continue;
    end if;
    begin
      insert into posthorn.idempotency_keys (tenant, key, request_hash, event_ids)
      values (v_claim.tenant, v_claim.key, v_claim.hash,
        posthorn.request_event_ids(p_event_ids, p_requests, v_claim.requests[1]))
      on conflict do nothing;
    exception when lock_not_available then
      v_waits := v_waits + 1;
      v_in_use := v_in_use || v_claim.requests;
    end;
  end loop;
  return v_in_use;
end
$$;

-- The ids of a request's events, in order.
create function posthorn.request_event_ids(
  p_event_ids uuid[], p_requests integer[], p_request integer
) returns uuid[]
language sql immutable parallel safe as $$
  select array_agg(e.event_id order by e.ordinal)
  from unnest(p_event_ids, p_requests) with ordinality as e (event_id, request, ordinal)
  where e.request = p_request
$$;

-- The answers for requests whose key was taken before: what was stored then, or
-- a conflict when the request is not the same. A key that was taken within the batch
-- and given back, since its request turned out stale, makes the others stale too.
create function posthorn.replay_idempotent(
  p_event_ids uuid[],
  p_requests integer[],
  p_tenants text[],
  p_keys text[],
  p_hashes text[],
  p_settled integer[]
) returns table (
  ordinal integer, outcome text, event_id uuid, delivery_id uuid, delivery_count integer
)
language sql stable as $$
  with request as (
    select i.request, k.event_ids, k.request_hash = i.hash as is_same
    from unnest(p_requests, p_tenants, p_keys, p_hashes) as i (request, tenant, key, hash)
    left join posthorn.idempotency_keys as k on k.tenant = i.tenant and k.key = i.key
    where i.request = any (p_settled) and i.key is not null
  ),
  item as (
    select i.ordinal, i.request,
      row_number() over (partition by i.request order by i.ordinal) as position
    from unnest(p_requests) with ordinality as i (request, ordinal)
    where i.request = any (p_settled)
  ),
  answer as (
    select item.ordinal, request.is_same, request.event_ids[item.position] as event_id
    from item join request using (request)
  )
  select a.ordinal::integer,
    case when a.is_same then 'replayed' when not a.is_same then 'conflict' else 'stale' end,
    case when a.is_same then a.event_id end,
    d.id,
    coalesce(d.deliveries, 0)
  from answer as a
  left join lateral (
    select min(d.id::text)::uuid as id, count(*)::integer as deliveries
    from posthorn.deliveries as d
    where d.id between posthorn.uuid_first_sibling(a.event_id)
      and posthorn.uuid_last_sibling(a.event_id)
      and d.event_id = a.event_id
  ) as d on a.is_same
$$;

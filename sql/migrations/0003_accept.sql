-- Why: accepting. One call takes a micro-batch of requests and leaves events,
-- deliveries and the jobs that carry them, in one commit.
-- Locks: nothing that exists.

-- Puts deliveries on the queue: one `deliver` job for every 256 ids, so that the
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

-- Accepts a batch of events. Every array has one element per event; payloads
-- come as one string joined by U+001E, which valid JSON cannot hold unescaped.
--
-- Events of one request share a number in p_requests. A request with an
-- idempotency key carries key and hash at its first event and nulls at the rest.
--
-- With a subscription id an event goes to that subscription alone, provided that
-- its version is the one the caller has checked; without one it goes to every
-- subscription of its tenant that wants the type and is not disabled.
--
-- Answers one row per event:
--   accepted   stored, with its deliveries
--   replayed   the key was used before for the same request: the first answer
--   conflict   the key was used before for another request; nothing stored
--   stale      the subscription is gone or has changed; nothing stored
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
  p_request_hashes text[]
) returns table (
  ordinal integer, outcome text, event_id uuid, delivery_id uuid, delivery_count integer
)
language plpgsql as $$
#variable_conflict use_column
declare
  v_settled integer[] := '{}';
begin
  if array_remove(p_idempotency_keys, null) <> '{}' then
    v_settled := posthorn.claim_idempotency_keys(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes);
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
    where i.request <> all (v_settled)
  ),
  target as materialized (
    select i.ordinal, i.event_id, i.tenant, i.event_type, i.ordering_key,
      s.id as subscription_id, s.status
    from input as i
    join posthorn.subscriptions as s
      on s.id = i.subscription_id and s.tenant = i.tenant and s.version = i.subscription_version
    where i.subscription_id is not null
    union all
    select i.ordinal, i.event_id, i.tenant, i.event_type, i.ordering_key,
      s.id, s.status
    from input as i
    join posthorn.subscription_event_types as concerned
      on concerned.tenant = i.tenant and concerned.event_type = any (array[i.event_type, '*'])
    join posthorn.subscriptions as s
      on s.id = concerned.subscription_id
      and s.status <> 'disabled'
      and (s.event_type_likes is null or i.event_type like any (s.event_type_likes))
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
    returning id
  ),
  stored_delivery as (
    insert into posthorn.deliveries (
      id, tenant, event_id, subscription_id, event_type, ordering_key,
      status, reason, parked, completed_at)
    select posthorn.uuid_sibling(t.event_id), t.tenant, t.event_id, t.subscription_id,
      t.event_type, t.ordering_key,
      case t.status when 'disabled' then 'discarded' else 'pending' end,
      case t.status
        when 'disabled' then 'subscription_disabled'
        when 'paused' then 'subscription_paused'
      end,
      t.status = 'paused',
      case t.status when 'disabled' then now() end
    from target as t
    returning id, event_id, status, parked
  ),
  queued as materialized (
    select posthorn.enqueue_deliveries(
      array_agg(d.id order by d.event_id) filter (where d.status = 'pending' and not d.parked))
    from stored_delivery as d
  ),
  delivery as (
    select d.event_id, (array_agg(d.id))[1] as id, count(*)::integer as deliveries
    from stored_delivery as d
    group by d.event_id
  )
  select i.ordinal::integer,
    case when e.id is null then 'stale' else 'accepted' end,
    i.event_id, d.id, coalesce(d.deliveries, 0)
  from input as i
  left join stored_event as e on e.id = i.event_id
  left join delivery as d on d.event_id = i.event_id
  cross join queued;

  if array_remove(p_idempotency_keys, null) <> '{}' then
    delete from posthorn.idempotency_keys as k
    using unnest(p_tenants, p_idempotency_keys, p_event_ids, p_requests)
      as i (tenant, key, event_id, request)
    where k.tenant = i.tenant and k.key = i.key and k.event_ids[1] = i.event_id
      and not exists (select from posthorn.events as e where e.id = i.event_id);

    return query
    select * from posthorn.replay_idempotent(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes, v_settled);
  end if;
end
$$;

-- Takes the keys of a batch, in one order so that two batches never deadlock,
-- waiting for whoever holds the same key. Answers the numbers of the requests
-- whose key was taken before: those store nothing.
create function posthorn.claim_idempotency_keys(
  p_event_ids uuid[],
  p_requests integer[],
  p_tenants text[],
  p_keys text[],
  p_hashes text[]
) returns integer[]
language plpgsql as $$
begin
  insert into posthorn.idempotency_keys (tenant, key, request_hash, event_ids)
  select i.tenant, i.key, i.hash, (
    select array_agg(e.event_id order by e.ordinal)
    from unnest(p_event_ids, p_requests) with ordinality as e (event_id, request, ordinal)
    where e.request = i.request
  )
  from unnest(p_requests, p_tenants, p_keys, p_hashes) as i (request, tenant, key, hash)
  where i.key is not null
  order by i.tenant, i.key
  on conflict do nothing;

  return array(
    select i.request
    from unnest(p_event_ids, p_requests, p_tenants, p_keys) as i (event_id, request, tenant, key)
    join posthorn.idempotency_keys as k on k.tenant = i.tenant and k.key = i.key
    where k.event_ids[1] <> i.event_id
  );
end
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

-- Publishing from SQL, inside the caller's own transaction: the event is accepted
-- when that commits and was never there when it rolls back.
--
--   select posthorn.publish('order.created', '{"id": 7}');
--
-- The payload is delivered exactly as written. Raises 22023 on a bad argument and
-- 23505 when the idempotency key was used for another event.
create function posthorn.publish(
  event_type text,
  payload json,
  tenant text default 'default',
  idempotency_key text default null,
  ordering_key text default null,
  headers jsonb default null
) returns uuid
language plpgsql as $$
declare
  v_payload constant text := payload::text;
  v_answer record;
begin
  if publish.event_type is null or publish.event_type !~ '^[A-Za-z0-9._:/-]{1,128}$' then
    raise exception 'event_type must be 1 to 128 letters, digits or ._:/-'
      using errcode = '22023';
  end if;
  if v_payload is null or octet_length(v_payload) > 1048576 then
    raise exception 'payload must be JSON of at most 1 MiB' using errcode = '22023';
  end if;
  if publish.tenant is null or publish.tenant !~ '^[A-Za-z0-9._:-]{1,128}$' then
    raise exception 'tenant must be 1 to 128 letters, digits or ._:-' using errcode = '22023';
  end if;
  if publish.idempotency_key !~ '^[ -~]{1,255}$' then
    raise exception 'idempotency_key must be 1 to 255 printable ASCII characters'
      using errcode = '22023';
  end if;
  if length(publish.ordering_key) not between 1 and 256 then
    raise exception 'ordering_key must be 1 to 256 characters' using errcode = '22023';
  end if;
  if jsonb_typeof(publish.headers) <> 'object' or jsonb_path_exists(
    publish.headers, '$.keyvalue() ? (@.value.type() != "string" || !(@.value like_regex "^[\t -~]*$"))'
  ) then
    raise exception 'headers must be an object of strings' using errcode = '22023';
  end if;

  select a.* into v_answer
  from posthorn.accept_events(
    array[posthorn.uuid_v7()], array[1], array[publish.tenant], array[publish.event_type],
    v_payload, array[octet_length(v_payload)], array[publish.headers::text],
    array[publish.ordering_key], array[null::uuid], array[null::bigint],
    array[publish.idempotency_key],
    array[encode(sha256(convert_to(concat_ws(e'\n', publish.event_type, v_payload,
      json_build_array(publish.ordering_key, publish.headers)), 'UTF8')), 'hex')]
  ) as a;

  if v_answer.outcome = 'conflict' then
    raise exception 'idempotency key % was used for another event', publish.idempotency_key
      using errcode = '23505';
  end if;
  return v_answer.event_id;
end
$$;

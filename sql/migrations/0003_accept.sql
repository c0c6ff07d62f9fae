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

-- What applications have published within their own transactions, until a worker puts it on the
-- queue. Adding a job there would notify, and commits that notify wait for each other: 3,500 a
-- second where 9,400 were possible.
create table posthorn.outbox (
  id bigint not null generated always as identity,
  delivery_ids uuid[] not null,
  constraint outbox_pkey primary key (id)
) with (autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000);

-- Leaves deliveries to `queue_outbox`, 256 to a row.
create function posthorn.defer_deliveries(p_ids uuid[]) returns void
language sql as $$
  insert into posthorn.outbox (delivery_ids)
  select p_ids[first : first + 255]
  from generate_series(1, cardinality(p_ids), 256) as first
$$;

-- Queues what was left in the outbox, oldest first. Answers how many rows were taken; fewer than
-- the limit means that no more was committed. Asked several times a second, so with nothing to do
-- it writes nothing and takes no transaction id.
create function posthorn.queue_outbox(p_limit integer) returns integer
language plpgsql as $$
declare
  v_ids uuid[];
  v_count integer;
begin
  with taken as (
    delete from posthorn.outbox
    where id = any (array(
      select id from posthorn.outbox order by id limit p_limit for update skip locked))
    returning id, delivery_ids
  )
  select array_agg(d.id order by t.id, d.position), count(distinct t.id)
  into v_ids, v_count
  from taken as t
  cross join unnest(t.delivery_ids) with ordinality as d (id, position);

  perform posthorn.enqueue_deliveries(v_ids);
  return v_count;
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

-- Header fields that an event may not ask for, as src/sender/header-rules.ts has them; a test
-- holds the two against each other. A pattern that ends in `*` is the beginning of names.
create function posthorn.denied_headers() returns table (pattern text, reason text)
language sql immutable parallel safe as $$
  select d.pattern, r.reason
  from (values
    ('is set by the connection', array['connection', 'content-encoding', 'content-length', 'expect',
      'host', 'http2-settings', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via']),
    ('is set by the service', array['stripe-signature', 'user-agent', 'x-attempt', 'x-delivery-id',
      'x-event-type', 'posthorn-*', 'webhook-*', 'x-hub-signature*']),
    ('speaks about the origin of the request', array['forwarded', 'true-client-ip', 'x-real-ip',
      'x-forwarded-*', 'proxy-*']),
    ('is reserved for metadata services', array['metadata', 'metadata-flavor',
      'x-aws-ec2-metadata-*', 'x-google-metadata-*'])
  ) as r (reason, patterns)
  cross join unnest(r.patterns) as d (pattern)
$$;

-- What is wrong with an event's header fields, by POST /events' rules; no row: nothing. Each
-- reason completes the sentence "The header …".
create function posthorn.header_problems(p_headers jsonb) returns table (name text, reason text)
language sql immutable parallel safe as $$
  with header as (
    select h.name, lower(h.name collate "C") as lower_name, jsonb_typeof(h.value) as type,
      h.value #>> '{}' as value,
      row_number() over (partition by lower(h.name collate "C") order by h.position) as occurrence,
      h.position
    from jsonb_each(p_headers) with ordinality as h (name, value, position)
  )
  select j.name, j.reason
  from (
    select h.name, h.position,
      case
        when h.occurrence > 1 then 'is given twice'
        when h.name !~ '^[!#$%&''*+.^_`|~0-9A-Za-z-]+$' then 'has a name that HTTP does not allow'
        when length(h.name) > 128 then 'has a name of more than 128 characters'
        when d.reason is not null then d.reason
        when h.type <> 'string' then 'has a value that is not a string'
        when h.value !~ '^[\t -~]*$' then 'has a value with characters other than printable ASCII'
        when length(h.value) > 1024 then 'has a value of more than 1,024 characters'
      end as reason
    from header as h
    left join lateral (
      select denied.reason
      from posthorn.denied_headers() as denied
      where h.lower_name = denied.pattern
        or (denied.pattern like '%*' and starts_with(h.lower_name, rtrim(denied.pattern, '*')))
      limit 1
    ) as d on true
  ) as j
  where j.reason is not null
  order by j.position
$$;

-- Raises 22023, with the name of the argument, on what POST /events would refuse as well.
create function posthorn.check_event(
  p_event_type text,
  p_payload text,
  p_tenant text,
  p_idempotency_key text,
  p_ordering_key text,
  p_headers jsonb
) returns void
language plpgsql stable as $$
declare
  v_problem record;
begin
  if p_event_type is null or p_event_type !~ '^[A-Za-z0-9._:/-]{1,128}$' then
    raise exception 'event_type must be 1 to 128 letters, digits or ._:/-'
      using errcode = '22023';
  end if;
  if starts_with(p_event_type, 'posthorn.') then
    raise exception 'event_type must not begin with posthorn., which Posthorn''s own events do'
      using errcode = '22023', hint = 'Publish it under a name of your own.';
  end if;
  if p_payload is null or octet_length(p_payload) > 1048576 then
    raise exception 'payload must be JSON of at most 1 MiB' using errcode = '22023',
      hint = 'Publish a reference to what is larger, or several events.';
  end if;
  if p_tenant is null or p_tenant !~ '^[A-Za-z0-9._:-]{1,128}$' then
    raise exception 'tenant must be 1 to 128 letters, digits or ._:-' using errcode = '22023',
      hint = 'Leave it out for the tenant "default".';
  end if;
  if p_idempotency_key !~ '^[ -~]{1,255}$' then
    raise exception 'idempotency_key must be 1 to 255 printable ASCII characters'
      using errcode = '22023';
  end if;
  if length(p_ordering_key) not between 1 and 256 then
    raise exception 'ordering_key must be 1 to 256 characters' using errcode = '22023';
  end if;
  if p_headers is null then
    return;
  end if;
  if jsonb_typeof(p_headers) <> 'object' then
    raise exception 'headers must be an object of strings' using errcode = '22023';
  end if;
  if (select count(*) from jsonb_object_keys(p_headers)) > 50 then
    raise exception 'headers must be 50 or fewer' using errcode = '22023';
  end if;
  select * into v_problem from posthorn.header_problems(p_headers) limit 1;
  if found then
    raise exception 'headers: the header % %', to_json(v_problem.name), v_problem.reason
      using errcode = '22023', hint = 'Leave it out, or send it in the payload.';
  end if;
end
$$;

-- Which roles may publish from SQL, and for whom. `posthorn grant-publisher` writes here. Names, so
-- that the rows survive a dump; a role that is gone or renamed may nothing.
create table posthorn.publishers (
  role_name text not null,
  -- Null: for every tenant.
  tenant text,
  created_at timestamptz not null default now(),
  constraint publishers_key unique nulls not distinct (role_name, tenant)
);

-- Raises 42501 unless whoever has called may publish for the tenant: the owner and its members for
-- all, others as far as `posthorn.publishers` says. Within a function that runs as its owner
-- `current_user` is that owner; the caller is who logged in, or what that has become by `set role`.
create function posthorn.check_publisher(p_tenant text) returns void
language plpgsql stable as $$
declare
  v_caller constant name :=
    case current_setting('role') when 'none' then session_user else current_setting('role') end;
begin
  if pg_has_role(v_caller, current_user, 'usage') then
    return;
  end if;
  perform from posthorn.publishers as p
  where (p.tenant is null or p.tenant = p_tenant)
    and pg_has_role(v_caller, to_regrole(quote_ident(p.role_name)), 'usage');
  if not found then
    raise exception 'tenant: the role % may not publish for %', to_json(v_caller), to_json(p_tenant)
      using errcode = '42501', hint = format(
        'An operator allows it with: posthorn grant-publisher %s --tenant %s', v_caller, p_tenant);
  end if;
end
$$;

-- Publishing from SQL, inside the caller's own transaction: the event is accepted
-- when that commits and was never there when it rolls back.
--
--   select posthorn.publish('order.created', '{"id": 7}');
--
-- The payload is delivered exactly as written. Raises
--   22023   an argument is not valid, by the rules of POST /events; the message names it
--   42501   the role may not publish for this tenant
--   23505   the idempotency key was used for another event
--   0A000   the event type's payloads have to keep to a schema, which cannot be judged here
--
-- Runs as its owner, so that a role needs no right on any table, and with settings of its own, so
-- that the application's do not matter. It neither notifies nor touches a row that others update;
-- all it waits for is another transaction that holds the same idempotency key.
create function posthorn.publish(
  event_type text,
  payload json,
  tenant text default 'default',
  idempotency_key text default null,
  ordering_key text default null,
  headers jsonb default null
) returns uuid
language plpgsql
security definer
set search_path = pg_catalog, pg_temp
set standard_conforming_strings = on
set array_nulls = on
set datestyle = 'ISO, YMD'
set plan_cache_mode = force_generic_plan
set enable_seqscan = off
set jit = off
as $$
declare
  v_payload constant text := payload::text;
  v_event_id uuid := posthorn.uuid_v7();
  v_hash text;
  v_first record;
begin
  perform posthorn.check_event(
    publish.event_type, v_payload, publish.tenant, publish.idempotency_key, publish.ordering_key,
    publish.headers);
  perform posthorn.check_publisher(publish.tenant);
  perform from posthorn.event_types as t
  where t.tenant = publish.tenant and t.name = publish.event_type and t.enforce = 'reject';
  if found then
    raise exception 'event_type: payloads of % have to keep to its schema, which SQL cannot judge',
      publish.event_type
      using errcode = '0A000',
        hint = 'Publish it with POST /events, or set the type''s enforce to warn or off.';
  end if;

  while publish.idempotency_key is not null loop
    v_hash := encode(sha256(convert_to(concat_ws(e'\n', publish.event_type, v_payload,
      json_build_array(publish.ordering_key, publish.headers)), 'UTF8')), 'hex');
    -- Read only where it was taken before: a serializable transaction that has read the keys fails
    -- over others that write some.
    insert into posthorn.idempotency_keys (tenant, key, request_hash, event_ids)
    values (publish.tenant, publish.idempotency_key, v_hash, array[v_event_id])
    on conflict do nothing;
    exit when found;
    select k.event_ids[1] as event_id, k.request_hash = v_hash as is_same into v_first
    from posthorn.idempotency_keys as k
    where k.tenant = publish.tenant and k.key = publish.idempotency_key;
    if v_first.is_same then
      return v_first.event_id;
    elsif not v_first.is_same then
      raise exception 'idempotency_key: % was used for another event',
        to_json(publish.idempotency_key)
        using errcode = '23505', hint = 'Use one key for one event; leave it out if none is needed.';
    end if;
    -- Clean-up has just removed it.
  end loop;

  perform posthorn.accept_events(
    array[v_event_id], array[1], array[publish.tenant], array[publish.event_type],
    v_payload, array[octet_length(v_payload)], array[publish.headers::text],
    array[publish.ordering_key], array[null::uuid], array[null::bigint],
    array[publish.idempotency_key], array[v_hash], true);
  return v_event_id;
end
$$;

-- Lets a role publish for tenants, or for all when these are null, and do nothing else. For whoever
-- owns the schema.
create function posthorn.grant_publisher(p_role text, p_tenants text[]) returns void
language plpgsql as $$
begin
  execute format('grant usage on schema posthorn to %I', p_role);
  execute format('grant execute on function'
    ' posthorn.publish(text, json, text, text, text, jsonb) to %I', p_role);
  insert into posthorn.publishers (role_name, tenant)
  select p_role, tenant from unnest(coalesce(p_tenants, array[null::text])) as tenant
  on conflict do nothing;
end
$$;

-- Takes that back for these tenants, or altogether when they are null. Answers whether the role may
-- still publish for any. What else a role may in the schema, and the owner, keep what they have.
create function posthorn.revoke_publisher(p_role text, p_tenants text[]) returns boolean
language plpgsql as $$
begin
  delete from posthorn.publishers
  where role_name = p_role and (p_tenants is null or tenant = any (p_tenants));
  if exists (select from posthorn.publishers where role_name = p_role) then
    return true;
  end if;
  if not exists (
    select from pg_roles as r
    join pg_namespace as n on n.nspname = 'posthorn' and n.nspowner <> r.oid
    where r.rolname = p_role
  ) then
    return false;
  end if;
  execute format('revoke execute on function'
    ' posthorn.publish(text, json, text, text, text, jsonb) from %I', p_role);
  if not exists (
    select from pg_class as c
    where c.relnamespace = 'posthorn'::regnamespace and c.relkind in ('r', 'p', 'v')
      and has_table_privilege(p_role, c.oid, 'select, insert, update, delete')
  ) then
    execute format('revoke usage on schema posthorn from %I', p_role);
  end if;
  return false;
end
$$;

-- Migrating revokes every function of the schema from the public; this one at once, since it runs as
-- its owner.
revoke execute on function posthorn.publish(text, json, text, text, text, jsonb) from public;

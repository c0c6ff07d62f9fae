-- Why: publishing from SQL, inside an application's own transaction, and the outbox through which
-- that reaches the queue.
-- Locks: nothing that exists.

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

-- Queues what was left in the outbox, oldest first. Returns how many rows were taken; fewer than
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
  select array_agg(d.id order by d.id), count(distinct t.id)
  into v_ids, v_count
  from taken as t
  cross join unnest(t.delivery_ids) as d (id);

  perform posthorn.enqueue_deliveries(v_ids);
  return v_count;
end
$$;

-- Header fields that an event may not set, as src/sender/header-rules.ts has them; a test
-- compares the two. A pattern that ends in `*` stands for all names that begin with it.
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
  if starts_with(lower(p_event_type collate "C"), 'posthorn.') then
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
-- that the rows survive a dump; a role that was dropped or renamed may do nothing.
create table posthorn.publishers (
  role_name text not null,
  -- Null: for every tenant.
  tenant text,
  created_at timestamptz not null default now(),
  constraint publishers_key unique nulls not distinct (role_name, tenant)
);

-- Raises 42501 unless the caller may publish for the tenant: the owner and its members for
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
--   0A000   the event type's payloads have to conform to a schema, which SQL cannot check
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

-- Lets a role publish for tenants, or for all when these are null, and do nothing else. For the
-- owner of the schema.
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

-- Takes that back for these tenants, or altogether when they are null. Returns whether the role may
-- still publish for any. Other rights in the schema, and the owner's, stay as they are.
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

-- Migrating ends by revoking every function of the schema from the public; this one at once, since it
-- runs as its owner.
revoke execute on function posthorn.publish(text, json, text, text, text, jsonb) from public;

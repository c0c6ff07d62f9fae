-- Why: the vocabulary every later migration speaks: ids that carry their time,
-- subscriptions with their secrets, the workers that are alive, and the keys
-- that make publishing idempotent.
-- Locks: nothing that exists.

-- UUIDv7 (RFC 9562): 48 bits of Unix milliseconds, the version, 12 bits that order
-- ids within a millisecond (method 3, its fraction), 62 random bits. Every table
-- is partitioned and paged on these ids, so an id *is* a time.
create function posthorn.uuid_v7(at timestamptz default clock_timestamp()) returns uuid
language sql volatile parallel safe as $$
  select (
    lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
    || '7' || lpad(to_hex(floor(mod(extract(epoch from at) * 1000, 1) * 4096)::integer), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17)
  )::uuid
$$;

-- A new id at the same place in time as another. Deliveries are siblings of their
-- event: they keep its order, live and expire with it, and are found from it
-- through the primary key.
create function posthorn.uuid_sibling(id uuid) returns uuid
language sql volatile parallel safe as $$
  select (substr(id::text, 1, 18) || substr(gen_random_uuid()::text, 19))::uuid
$$;

-- The bounds of an id's siblings.
create function posthorn.uuid_first_sibling(id uuid) returns uuid
language sql immutable parallel safe as $$
  select (substr(id::text, 1, 18) || '-0000-000000000000')::uuid
$$;

create function posthorn.uuid_last_sibling(id uuid) returns uuid
language sql immutable parallel safe as $$
  select (substr(id::text, 1, 18) || '-ffff-ffffffffffff')::uuid
$$;

-- The smallest id of a moment: a bound for partitions and for filters by time.
create function posthorn.uuid_floor(at timestamptz) returns uuid
language sql immutable parallel safe as $$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$$;

create function posthorn.uuid_time(id uuid) returns timestamptz
language sql immutable parallel safe as $$
  select to_timestamp(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)
$$;

-- Event type wildcards as LIKE patterns: `order.*` → `order.%`. Null means all.
create function posthorn.like_patterns(event_types text[]) returns text[]
language sql immutable parallel safe as $$
  select case when event_types is null then null else array(
    select replace(replace(pattern, '_', '\_'), '*', '%')
    from unnest(event_types) with ordinality as t (pattern, position)
    order by position
  ) end
$$;

create table posthorn.subscriptions (
  tenant text not null constraint subscriptions_tenant_check check (length(tenant) between 1 and 128),
  id uuid not null,
  version bigint not null default 1,
  name text,
  description text,
  -- Of target and headers, what everyone may see who may see the subscription: values
  -- that may be secret are masked. Both whole are sealed where there is more than that.
  target_url text not null,
  sealed_target_key_id text,
  sealed_target bytea,
  event_types text[],
  event_type_likes text[] generated always as (posthorn.like_patterns(event_types)) stored,
  status text not null default 'active'
    constraint subscriptions_status_check check (status in ('active', 'paused', 'disabled')),
  disabled_reason text,
  signature_schemes text[] not null default '{standard-webhooks}',
  ingest_signature text not null default 'optional'
    constraint subscriptions_ingest_signature_check
    check (ingest_signature in ('off', 'optional', 'required')),
  headers jsonb not null default '{}',
  rate_limit integer constraint subscriptions_rate_limit_check check (rate_limit > 0),
  max_concurrency integer
    constraint subscriptions_max_concurrency_check check (max_concurrency > 0),
  retry_schedule text,
  timeout_ms integer
    constraint subscriptions_timeout_ms_check check (timeout_ms between 1000 and 30000),
  metadata jsonb not null default '{}',
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint subscriptions_pkey primary key (id),
  constraint subscriptions_tenant_id_key unique (tenant, id),
  constraint subscriptions_disabled_check
    check ((status = 'disabled') = (disabled_reason is not null)),
  constraint subscriptions_event_types_check
    check (event_types is null or cardinality(event_types) > 0)
);

-- Every process keeps subscriptions in a cache and checks the version it used
-- wherever a row is touched, so a stale entry can cost time but never truth.
create function posthorn.tg_subscriptions_version() returns trigger
language plpgsql as $$
begin
  new.version := old.version + 1;
  new.updated_at := now();
  return new;
end
$$;

create trigger subscriptions_version before update on posthorn.subscriptions
for each row execute function posthorn.tg_subscriptions_version();

create function posthorn.tg_subscriptions_notify() returns trigger
language plpgsql as $$
begin
  perform pg_notify('posthorn:subscription', coalesce(new.id, old.id)::text);
  return null;
end
$$;

create trigger subscriptions_notify after update or delete on posthorn.subscriptions
for each row execute function posthorn.tg_subscriptions_notify();

-- Which subscriptions an event type may concern: those that name it, and under `*`
-- those that take all or use wildcards, whose patterns decide. Publishing looks here
-- first, so that its cost does not grow with the subscriptions that are not concerned.
create table posthorn.subscription_event_types (
  tenant text not null,
  event_type text not null,
  subscription_id uuid not null
    constraint subscription_event_types_subscription_fkey
    references posthorn.subscriptions (id) on delete cascade,
  constraint subscription_event_types_pkey primary key (tenant, event_type, subscription_id)
);

create index subscription_event_types_subscription_id_idx
  on posthorn.subscription_event_types (subscription_id);

create function posthorn.tg_subscriptions_event_types() returns trigger
language plpgsql as $$
begin
  delete from posthorn.subscription_event_types where subscription_id = new.id;
  if new.event_types is null or array_to_string(new.event_types, ' ') like '%*%' then
    insert into posthorn.subscription_event_types values (new.tenant, '*', new.id);
  else
    insert into posthorn.subscription_event_types
    select distinct new.tenant, event_type, new.id from unnest(new.event_types) as event_type;
  end if;
  return null;
end
$$;

create trigger subscriptions_event_types after insert or update of event_types
on posthorn.subscriptions
for each row execute function posthorn.tg_subscriptions_event_types();

-- The newest secret signs; older ones sign beside it until they expire.
create table posthorn.subscription_secrets (
  tenant text not null,
  subscription_id uuid not null
    constraint subscription_secrets_subscription_fkey
    references posthorn.subscriptions (id) on delete cascade,
  id uuid not null,
  key_id text,
  sealed bytea not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz,
  constraint subscription_secrets_pkey primary key (subscription_id, id)
);

-- Which keys something is sealed with, without reading everything that is.
create index subscription_secrets_key_id_idx on posthorn.subscription_secrets (key_id)
  where key_id is not null;
create index subscriptions_sealed_target_key_id_idx on posthorn.subscriptions (sealed_target_key_id)
  where sealed_target_key_id is not null;

-- A row exists while a subscription's attempts fail and nothing succeeds.
create table posthorn.subscription_failures (
  tenant text not null,
  subscription_id uuid not null,
  failing_since timestamptz not null default now(),
  last_failed_at timestamptz not null default now(),
  failures bigint not null default 1,
  constraint subscription_failures_pkey primary key (subscription_id)
);

create table posthorn.idempotency_keys (
  tenant text not null,
  key text not null,
  request_hash text not null,
  event_ids uuid[] not null,
  created_at timestamptz not null default now(),
  constraint idempotency_keys_pkey primary key (tenant, key)
);

create index idempotency_keys_created_at_idx on posthorn.idempotency_keys (created_at);

-- Advisory locks are shared by all that uses the database, so that every one of ours is a
-- pair of numbers: hashtext('posthorn') with the name of what only one may do, or
-- hashtext('posthorn.<kind>') with one of many. No two kinds can meet.

-- One row per running worker. `pool_id` is what Graphile Worker writes into
-- `locked_by`; the advisory lock on `lock_key` is held by a session of its own,
-- so that a dead process is known by its free lock within a second.
create table posthorn.workers (
  pool_id text not null,
  lock_key integer not null,
  host text not null,
  process_id integer not null,
  version text not null,
  -- The encryption keys it has.
  key_ids text[] not null default '{}',
  started_at timestamptz not null default now(),
  beat_at timestamptz not null default now(),
  constraint workers_pkey primary key (pool_id)
);

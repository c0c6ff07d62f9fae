-- Why: subscriptions, the secrets that sign for them, and since when one has done nothing but fail.
-- Locks: nothing that exists.

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
  -- The target and headers as the API shows them, with values that may be secret masked. Where
  -- something is masked, both are sealed in full beside it.
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
  -- As text, so that it is shown in the order in which it was written.
  filter json constraint subscriptions_filter_check check (json_typeof(filter) = 'object'),
  constraint subscriptions_pkey primary key (id),
  constraint subscriptions_tenant_id_key unique (tenant, id),
  constraint subscriptions_disabled_check
    check ((status = 'disabled') = (disabled_reason is not null)),
  constraint subscriptions_event_types_check
    check (event_types is null or cardinality(event_types) > 0)
);

-- Every process caches subscriptions, and every write checks the version that was used: a stale
-- entry costs a second try and never a wrong delivery.
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

-- The newest secret of each kind signs; older ones sign beside it until they expire. A rotation
-- replaces the newest of each kind.
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
  kind text not null default 'shared'
    constraint subscription_secrets_kind_check check (kind in ('shared', 'ed25519')),
  constraint subscription_secrets_pkey primary key (subscription_id, id)
);

-- Which encryption keys are in use, without reading everything that is sealed.
create index subscription_secrets_key_id_idx on posthorn.subscription_secrets (key_id)
  where key_id is not null;
create index subscriptions_sealed_target_key_id_idx on posthorn.subscriptions (sealed_target_key_id)
  where sealed_target_key_id is not null;

-- A row exists while a subscription's attempts fail and none succeeds.
create table posthorn.subscription_failures (
  tenant text not null,
  subscription_id uuid not null,
  failing_since timestamptz not null default now(),
  last_failed_at timestamptz not null default now(),
  failures bigint not null default 1,
  -- When an event said that the subscription fails; its recovery is announced only after that.
  told_at timestamptz,
  constraint subscription_failures_pkey primary key (subscription_id)
);

-- Why: who may do what, and who did: API keys, short-lived links to a dashboard that shows one
-- tenant, the list of tenants, and the audit log.
-- Locks: nothing that exists.

-- Keys are never deleted: once there has been one, revoked or expired or not, the API never
-- again answers without a key. Of the key itself only the SHA-256 is kept, which is enough, and
-- fast enough to check, since a key is random and not a password.
create table posthorn.api_keys (
  id uuid not null,
  name text,
  prefix text not null,
  digest bytea not null constraint api_keys_digest_check check (length(digest) = 32),
  scopes text[] not null constraint api_keys_scopes_check
    check (cardinality(scopes) > 0 and scopes <@ '{admin,publish,read}'),
  tenant text constraint api_keys_tenant_check check (length(tenant) between 1 and 128),
  created_at timestamptz not null default now(),
  last_used_at timestamptz,
  expires_at timestamptz,
  revoked_at timestamptz,
  constraint api_keys_pkey primary key (id),
  constraint api_keys_digest_key unique (digest)
);

create index api_keys_tenant_idx on posthorn.api_keys (tenant) where revoked_at is null;

-- The first key turns authentication on, at once and in every process. Nobody listens after that.
create function posthorn.tg_api_keys_notify() returns trigger
language plpgsql as $$
begin
  perform pg_notify('posthorn:api_key', '');
  return null;
end
$$;

create trigger api_keys_notify after insert on posthorn.api_keys
for each statement execute function posthorn.tg_api_keys_notify();

-- Of a session's token only the SHA-256 is kept, as of an API key's. What is revoked or has
-- expired is deleted: unlike keys, sessions say nothing about whether the API asks for keys.
create table posthorn.portal_sessions (
  id uuid not null,
  tenant text not null
    constraint portal_sessions_tenant_check check (length(tenant) between 1 and 128),
  digest bytea not null constraint portal_sessions_digest_check check (length(digest) = 32),
  read_only boolean not null,
  created_at timestamptz not null default now(),
  expires_at timestamptz not null,
  constraint portal_sessions_pkey primary key (id),
  constraint portal_sessions_digest_key unique (digest)
);

create index portal_sessions_tenant_idx on posthorn.portal_sessions (tenant);
create index portal_sessions_expires_at_idx on posthorn.portal_sessions (expires_at);

-- Tenants have no table: one exists while something names it. Its subscriptions, keys, sessions
-- and roll-ups do; the latter for as long as its events are kept. Each step is four index look-ups,
-- whatever the number of rows that name a tenant.
create function posthorn.next_tenant(p_after text) returns text
language sql stable as $$
  select least(
    (select min(tenant) from posthorn.subscriptions where tenant > p_after),
    (select min(tenant) from posthorn.tenant_rollups where tenant > p_after),
    (select min(tenant) from posthorn.api_keys where tenant > p_after and revoked_at is null),
    (select min(tenant) from posthorn.portal_sessions where tenant > p_after)
  )
$$;

-- Few rows, deleted by age, so no partitions.
create table posthorn.audit_log (
  -- A UUIDv7: the order of the log, and with it the pages and the deletion by age.
  id uuid not null,
  tenant text,
  actor text not null,
  operation text not null,
  target_id text,
  status smallint not null,
  address text not null,
  request_id text not null,
  created_at timestamptz not null default now(),
  constraint audit_log_pkey primary key (id)
);

create index audit_log_tenant_idx on posthorn.audit_log (tenant, id);
create index audit_log_target_id_idx on posthorn.audit_log (target_id, id);

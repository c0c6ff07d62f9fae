-- Why: short-lived links to a dashboard that shows one tenant, and the list of tenants.
-- Locks: posthorn.api_keys, briefly.

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
create index api_keys_tenant_idx on posthorn.api_keys (tenant) where revoked_at is null;

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

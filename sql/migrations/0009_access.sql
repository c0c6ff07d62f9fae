-- Why: API keys, and which of a subscription's secrets are Ed25519 keys.
-- Locks: posthorn.subscription_secrets, briefly: a constant default rewrites nothing.

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

-- The first key closes what is open without one, at once and in every process. Nobody listens
-- once there is one.
create function posthorn.tg_api_keys_notify() returns trigger
language plpgsql as $$
begin
  perform pg_notify('posthorn:api_key', '');
  return null;
end
$$;

create trigger api_keys_notify after insert on posthorn.api_keys
for each statement execute function posthorn.tg_api_keys_notify();

-- A rotation replaces the newest of each kind.
alter table posthorn.subscription_secrets
  add column kind text not null default 'shared'
    constraint subscription_secrets_kind_check check (kind in ('shared', 'ed25519'));

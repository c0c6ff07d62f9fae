-- Why: the catalogue of event types: what is published, by which schema, and whether payloads have
-- to conform to it.
-- Locks: nothing that exists.

create table posthorn.event_types (
  tenant text collate "C" not null
    constraint event_types_tenant_check check (length(tenant) between 1 and 128),
  -- "C": pages are cut by (tenant, name), whatever the database's own collation is.
  name text collate "C" not null constraint event_types_name_check check (length(name) between 1 and 128),
  description text,
  -- JSON as text: jsonb would reorder what people wrote.
  schema text,
  example text,
  -- Raised with every other schema: compiled schemas are cached by this number.
  version integer not null default 1,
  deprecated_at timestamptz,
  replaced_by text,
  enforce text not null default 'off'
    constraint event_types_enforce_check check (enforce in ('off', 'warn', 'reject')),
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint event_types_pkey primary key (tenant, name),
  constraint event_types_enforced_check check (enforce = 'off' or schema is not null)
);

-- Every process that accepts events caches a tenant's catalogue until it is notified of a change.
create function posthorn.tg_event_types_notify() returns trigger
language plpgsql as $$
begin
  perform pg_notify('posthorn:event_type', coalesce(new.tenant, old.tenant));
  return null;
end
$$;

create trigger event_types_notify after insert or update or delete on posthorn.event_types
for each row execute function posthorn.tg_event_types_notify();

-- Why: who changed what. Few rows, deleted by age, so no partitions.
-- Locks: nothing that exists.

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

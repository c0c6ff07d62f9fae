-- Why: events, deliveries and attempts, partitioned by time on their UUIDv7, so that clean-up drops
-- tables and costs the same at any size. The states that a delivery passes through are in
-- 0006_engine.sql.
-- Locks: nothing that exists.
--
-- What keeps the happy path cheap: a delivery that succeeds at its first attempt
-- is inserted once and updated once, and that update touches no column of any
-- index, so it stays on its page (HOT). Hence `status` is in no index. `reason`
-- is: it stays null for what is freshly queued or delivered, and names why
-- everything else is where it is.

create table posthorn.events (
  id uuid not null,
  tenant text not null,
  event_type text not null,
  payload text not null,
  payload_bytes integer not null,
  headers jsonb,
  idempotency_key text,
  ordering_key text,
  constraint events_pkey primary key (id, tenant)
) partition by range (id);

create index events_tenant_idx on posthorn.events (tenant, id);
create index events_event_type_idx on posthorn.events (tenant, event_type, id);

create table posthorn.deliveries (
  id uuid not null,
  tenant text not null,
  event_id uuid not null,
  subscription_id uuid not null,
  event_type text not null,
  status text not null default 'pending' constraint deliveries_status_check check (
    status in ('pending', 'delivering', 'delivered', 'failed', 'discarded', 'cancelled')),
  reason text,
  attempt_count smallint not null default 0,
  -- Attempts made before the last manual retry: the schedule counts from here.
  attempt_base smallint not null default 0,
  status_code smallint,
  -- Waiting for this moment: the next attempt, or the end of a lease.
  next_attempt_at timestamptz,
  -- Held until its subscription can take it; a `drain` job releases it.
  parked boolean not null default false,
  leased_by text,
  ordering_key text,
  created_at timestamptz not null default now(),
  completed_at timestamptz,
  -- How often it was put on the queue again: the one `deliver` job with this number may send it.
  queue_ticket integer not null default 0,
  -- When it was last retried manually: what someone asks for passes whatever the filter says.
  retried_at timestamptz,
  constraint deliveries_pkey primary key (id, tenant),
  constraint deliveries_completed_check check (
    (completed_at is not null) = (status in ('delivered', 'failed', 'discarded', 'cancelled'))),
  constraint deliveries_waiting_check check (
    completed_at is null or (next_attempt_at is null and not parked)),
  constraint deliveries_parked_check check (
    not parked or (status = 'pending' and next_attempt_at is null and reason is not null)),
  constraint deliveries_leased_check check (
    (status = 'delivering') = (leased_by is not null))
) partition by range (id);

create index deliveries_tenant_idx on posthorn.deliveries (tenant, id);
create index deliveries_subscription_idx on posthorn.deliveries (subscription_id, id);
-- Everything that has a reason, by tenant and for those who see all tenants; the happy path writes
-- to none of these. What a content filter held back may be many times more than all the rest, so it
-- has indexes of its own: looking for what failed does not walk through it.
create index deliveries_explained_idx on posthorn.deliveries (tenant, id)
  where reason is not null and reason <> 'filtered';
create index deliveries_explained_all_idx on posthorn.deliveries (id)
  where reason is not null and reason <> 'filtered';
create index deliveries_filtered_idx on posthorn.deliveries (tenant, id)
  where reason = 'filtered';
create index deliveries_filtered_all_idx on posthorn.deliveries (id)
  where reason = 'filtered';
create index deliveries_due_idx on posthorn.deliveries (next_attempt_at)
  where next_attempt_at is not null;
create index deliveries_waiting_idx on posthorn.deliveries (subscription_id, id)
  where parked or next_attempt_at is not null;

create table posthorn.attempts (
  delivery_id uuid not null,
  attempt_number smallint not null,
  tenant text not null,
  event_id uuid not null,
  subscription_id uuid not null,
  outcome text not null constraint attempts_outcome_check check (
    outcome in ('success', 'failed_attempt', 'failure')),
  status_code smallint,
  duration_ms integer not null,
  error_kind text,
  error_message text,
  response_headers json,
  response_body text,
  note text,
  sends smallint not null default 1,
  target_url text not null,
  started_at timestamptz not null,
  constraint attempts_pkey primary key (delivery_id, attempt_number, tenant)
) partition by range (delivery_id);

create index attempts_subscription_idx
  on posthorn.attempts (subscription_id, started_at, delivery_id, attempt_number);

-- Partitions of twelve hours, named after their first moment in UTC. They are
-- made as plain tables and then attached, which blocks neither readers nor writers.
create function posthorn.ensure_partitions(p_from timestamptz, p_until timestamptz) returns text[]
language plpgsql as $$
declare
  v_width constant interval := interval '12 hours';
  v_parent text;
  v_name text;
  v_start timestamptz;
  v_created text[] := '{}';
begin
  perform pg_advisory_xact_lock(hashtext('posthorn'), hashtext('ensure_partitions'));
  v_start := date_bin(v_width, p_from, timestamptz '2020-01-01 00:00:00+00');
  while v_start <= p_until loop
    foreach v_parent in array array['events', 'deliveries', 'attempts'] loop
      v_name := v_parent || '_' || to_char(v_start at time zone 'UTC', 'YYYYMMDD_HH24');
      -- After clean-up the period's kept tables are in this one's place.
      if to_regclass('posthorn.' || v_name) is null
        and to_regclass(format('posthorn.%s_kept_%s', v_parent, right(v_name, 11))) is null
      then
        execute format('create table posthorn.%I (like posthorn.%I including all)', v_name, v_parent);
        if v_parent = 'events' then
          execute format(
            'alter table posthorn.%I set (autovacuum_vacuum_insert_scale_factor = 0.5)', v_name);
        elsif v_parent = 'deliveries' then
          -- Room on each page for the one update that every delivery gets.
          execute format('alter table posthorn.%I set (fillfactor = 60,'
            ' autovacuum_vacuum_scale_factor = 0.5)', v_name);
        end if;
        execute format('alter table posthorn.%I attach partition posthorn.%I for values from (%L) to (%L)',
          v_parent, v_name, posthorn.uuid_floor(v_start), posthorn.uuid_floor(v_start + v_width));
        v_created := v_created || v_name;
      end if;
    end loop;
    v_start := v_start + v_width;
  end loop;
  return v_created;
end
$$;

-- Every partition with its bounds, oldest first.
create view posthorn.partitions as
select
  parent.relname::text as parent,
  child.relname::text as name,
  to_timestamp(right(child.relname, 11) || '+00', 'YYYYMMDD_HH24TZH') as starts_at,
  pg_total_relation_size(child.oid) as total_bytes,
  greatest(child.reltuples, 0)::bigint as estimated_rows
from pg_inherits
join pg_class as parent on parent.oid = pg_inherits.inhparent
join pg_class as child on child.oid = pg_inherits.inhrelid
join pg_namespace on pg_namespace.oid = parent.relnamespace
where pg_namespace.nspname = 'posthorn' and parent.relkind = 'p'
order by starts_at, parent;

select posthorn.ensure_partitions(now() - interval '12 hours', now() + interval '3 days');

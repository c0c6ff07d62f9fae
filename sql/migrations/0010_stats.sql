-- Why: statistics that take the same time to read at any size of history: counts and latency
-- histograms by minute and by hour, to which every process that accepts or delivers adds every two
-- seconds.
-- Locks: nothing that exists.
--
-- Latencies are counts per bucket; the buckets' bounds are fixed in latency.ts and
-- missing elements at the end are zeros. What is indexed never changes, so that the
-- many updates of a row stay on its page (HOT).

-- Tenant '' stands for all tenants.
create table posthorn.tenant_rollups (
  tenant text not null,
  width_seconds integer not null
    constraint tenant_rollups_width_seconds_check check (width_seconds in (60, 900, 3600)),
  at timestamptz not null,
  events integer not null,
  deliveries integer not null,
  attempts integer not null,
  delivered integer not null,
  latencies integer[] not null,
  -- What content filters held back.
  filtered integer not null default 0,
  constraint tenant_rollups_pkey primary key (tenant, width_seconds, at)
) with (fillfactor = 50);

create table posthorn.subscription_rollups (
  tenant text not null,
  subscription_id uuid not null,
  width_seconds integer not null
    constraint subscription_rollups_width_seconds_check check (width_seconds in (60, 3600)),
  at timestamptz not null,
  deliveries integer not null,
  attempts integer not null,
  delivered integer not null,
  latencies integer[] not null,
  filtered integer not null default 0,
  constraint subscription_rollups_pkey primary key (subscription_id, width_seconds, at)
) with (fillfactor = 50);

create index subscription_rollups_at_idx on posthorn.subscription_rollups (width_seconds, at);

-- Adds two histograms, which may differ in length.
create function posthorn.add_counts(a integer[], b integer[]) returns integer[]
language sql immutable parallel safe as $$
  select array(
    select coalesce(t.a, 0) + coalesce(t.b, 0)
    from unnest(a, b) with ordinality as t (a, b, position)
    order by position
  )
$$;

-- Adds one process's counts since the last time. Rows without a subscription count for a tenant.
-- Rows are taken in one order, so that processes never deadlock.
create function posthorn.add_rollups(
  p_tenants text[],
  p_subscription_ids uuid[],
  p_widths_seconds integer[],
  p_ats timestamptz[],
  p_events integer[],
  p_deliveries integer[],
  p_attempts integer[],
  p_delivered integer[],
  p_latencies text[],
  p_filtered integer[]
) returns void
language plpgsql as $$
begin
  insert into posthorn.tenant_rollups as r (
    tenant, width_seconds, at, events, deliveries, attempts, delivered, latencies, filtered)
  select i.tenant, i.width_seconds, i.at, i.events, i.deliveries, i.attempts, i.delivered,
    i.latencies::integer[], i.filtered
  from unnest(
    p_tenants, p_subscription_ids, p_widths_seconds, p_ats, p_events, p_deliveries, p_attempts,
    p_delivered, p_latencies, p_filtered
  ) as i (
    tenant, subscription_id, width_seconds, at, events, deliveries, attempts, delivered, latencies,
    filtered
  )
  where i.subscription_id is null
  order by i.tenant, i.width_seconds, i.at
  on conflict (tenant, width_seconds, at) do update
  set events = r.events + excluded.events,
    deliveries = r.deliveries + excluded.deliveries,
    attempts = r.attempts + excluded.attempts,
    delivered = r.delivered + excluded.delivered,
    latencies = posthorn.add_counts(r.latencies, excluded.latencies),
    filtered = r.filtered + excluded.filtered;

  insert into posthorn.subscription_rollups as r (
    tenant, subscription_id, width_seconds, at, deliveries, attempts, delivered, latencies, filtered)
  select i.tenant, i.subscription_id, i.width_seconds, i.at, i.deliveries, i.attempts,
    i.delivered, i.latencies::integer[], i.filtered
  from unnest(
    p_tenants, p_subscription_ids, p_widths_seconds, p_ats, p_deliveries, p_attempts,
    p_delivered, p_latencies, p_filtered
  ) as i (
    tenant, subscription_id, width_seconds, at, deliveries, attempts, delivered, latencies, filtered
  )
  where i.subscription_id is not null
  order by i.subscription_id, i.width_seconds, i.at
  on conflict (subscription_id, width_seconds, at) do update
  set deliveries = r.deliveries + excluded.deliveries,
    attempts = r.attempts + excluded.attempts,
    delivered = r.delivered + excluded.delivered,
    latencies = posthorn.add_counts(r.latencies, excluded.latencies),
    filtered = r.filtered + excluded.filtered;
end
$$;

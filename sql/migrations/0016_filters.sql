-- Why: filters on subscriptions by what an event holds. A delivery that does not pass ends
-- as `discarded` with the reason `filtered`, and there may be many times more of these than
-- of all others that have a reason: they get indexes of their own, so that whoever looks for
-- what failed does not walk through them.
-- Locks: posthorn.deliveries against writing while four partial indexes are built, each of
-- which reads all that is kept; then this table, posthorn.subscriptions and the roll-ups briefly.

create index deliveries_reasoned_idx on posthorn.deliveries (tenant, id)
  where reason is not null and reason <> 'filtered';
create index deliveries_reasoned_all_idx on posthorn.deliveries (id)
  where reason is not null and reason <> 'filtered';
create index deliveries_filtered_idx on posthorn.deliveries (tenant, id)
  where reason = 'filtered';
create index deliveries_filtered_all_idx on posthorn.deliveries (id)
  where reason = 'filtered';
drop index posthorn.deliveries_explained_idx;
drop index posthorn.deliveries_explained_all_idx;
alter index posthorn.deliveries_reasoned_idx rename to deliveries_explained_idx;
alter index posthorn.deliveries_reasoned_all_idx rename to deliveries_explained_all_idx;

-- When it was last retried by hand: what someone asks for passes whatever the filter says.
alter table posthorn.deliveries add column retried_at timestamptz;

-- As text, so that it is shown in the order in which it was written.
alter table posthorn.subscriptions
  add column filter json
    constraint subscriptions_filter_check check (json_typeof(filter) = 'object');

-- As before; the condition on the reason is what the index now asks for.
create or replace function posthorn.expire_parked(
  p_before timestamptz, p_failed_before timestamptz, p_limit integer
) returns integer
language plpgsql as $$
declare
  v_ids uuid[];
  v_count integer;
begin
  select array_agg(d.id) into v_ids
  from (
    select id
    from posthorn.deliveries
    where reason is not null and reason <> 'filtered' and parked
      and id < posthorn.uuid_floor(p_before)
      and (id < posthorn.uuid_floor(p_failed_before) or tableoid <> all (array(
        select oid from pg_class
        where relnamespace = 'posthorn'::regnamespace and relname like 'deliveries\_kept\_%')))
    limit p_limit
  ) as d;

  perform posthorn.lock_orders(v_ids);
  update posthorn.deliveries
  set status = 'discarded', reason = 'expired', parked = false, completed_at = now()
  where id = any (v_ids) and parked;
  get diagnostics v_count = row_count;
  return v_count;
end
$$;

-- What filters held back is counted like attempts, by minute and by hour.
alter table posthorn.tenant_rollups add column filtered integer not null default 0;
alter table posthorn.subscription_rollups add column filtered integer not null default 0;

-- With a default, so that processes of the release before go on counting.
drop function posthorn.add_rollups(
  text[], uuid[], integer[], timestamptz[], integer[], integer[], integer[], integer[], text[]);

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
  p_filtered integer[] default '{}'
) returns void
language plpgsql as $$
begin
  insert into posthorn.tenant_rollups as r (
    tenant, width_seconds, at, events, deliveries, attempts, delivered, latencies, filtered)
  select i.tenant, i.width_seconds, i.at, i.events, i.deliveries, i.attempts, i.delivered,
    i.latencies::integer[], coalesce(i.filtered, 0)
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
    i.delivered, i.latencies::integer[], coalesce(i.filtered, 0)
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

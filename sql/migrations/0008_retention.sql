-- Why: clean-up by dropping partitions, never by deleting rows. What failed is kept for longer than
-- the rest: it is copied, and replaces the partition that is dropped.
-- Locks: nothing that exists.

-- Ends what was held past retention, so that nothing is dropped without a reason. Only parked work
-- expires: a retry that is still planned keeps its partition. What is parked in a kept partition was
-- retried since, and has until that one is dropped. The condition on the reason is the index's.
create function posthorn.expire_parked(
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

-- A period is twelve hours, named after its first moment: the three tables of one are
-- events_…, deliveries_… and attempts_…, or those with kept_ in between once everything that
-- succeeded has been dropped from it. Deliveries are siblings of their event, so a period's tables
-- come and go together and nothing points into them from outside.
-- Read as UTC: in the session's zone the hour may not exist.
create function posthorn.period_start(p_period text) returns timestamptz
language sql stable as $$
  select to_timestamp(p_period || '+00', 'YYYYMMDD_HH24TZH')
$$;

-- Every table of a period, and whether it is a partition or was left by a clean-up that did
-- not come to its end.
create view posthorn.period_tables as
select
  match.parts[1] as parent,
  child.relname::text as name,
  match.parts[3] as period,
  match.parts[2] is not null as is_kept,
  child.relispartition as is_attached,
  posthorn.period_start(match.parts[3]) + interval '12 hours' as ends_at
from pg_class as child
cross join lateral regexp_match(
  child.relname, '^(events|deliveries|attempts)_(kept_)?([0-9]{8}_[0-9]{2})$') as match (parts)
where child.relnamespace = 'posthorn'::regnamespace and child.relkind = 'r'
  and match.parts is not null;

-- The periods whose time has come, oldest first. Those with `keeps` leave what failed behind,
-- the others are dropped whole.
create function posthorn.ended_periods(p_before timestamptz, p_failed_before timestamptz)
returns table (period text, keeps boolean)
language sql stable as $$
  select t.period, min(t.ends_at) > p_failed_before
  from posthorn.period_tables as t
  where t.is_attached and t.ends_at <= case when t.is_kept then p_failed_before else p_before end
  group by t.period
  order by t.period
$$;

-- Deliveries that were ended and are pending again, or were added to a period that is over, by
-- a manual retry or a replay. Clean-up that is about to drop a period looks here, under a lock that
-- stops all others, for what has changed since it decided what to keep.
create table posthorn.reopened_deliveries (
  id bigint generated always as identity,
  delivery_id uuid not null,
  constraint reopened_deliveries_pkey primary key (id)
);

create index reopened_deliveries_delivery_id_idx on posthorn.reopened_deliveries (delivery_id);

create function posthorn.tg_deliveries_reopened() returns trigger
language plpgsql as $$
begin
  insert into posthorn.reopened_deliveries (delivery_id) values (new.id);
  return null;
end
$$;

-- All that other updates pay for is this condition.
create trigger deliveries_reopened after update on posthorn.deliveries
for each row when (old.completed_at is not null and new.completed_at is null)
execute function posthorn.tg_deliveries_reopened();

-- Waits until no transaction is under way that has written to the period's deliveries, so that the
-- next statement sees them all: one that publishes may have begun when the period had. Gives up with
-- 55P03. Longer than a second, after which a vacuum is cancelled for it; half of what others, who
-- meanwhile wait behind it, bear.
create function posthorn.await_writers(p_period text) returns void
language plpgsql
set lock_timeout = '1500ms'
as $$
declare
  v_name text;
begin
  for v_name in
    select name from posthorn.period_tables
    where period = p_period and is_attached and parent = 'deliveries'
  loop
    execute format('lock table posthorn.%I in share mode', v_name);
  end loop;
end
$$;

-- Decides what is left of a period and, where that is something, puts it into tables that may
-- take the place of the period's partitions: deliveries that failed or were discarded, except by
-- a filter, with their events and attempts. Blocks nobody. Returns how many deliveries those
-- are; null when something in the period is pending, so that it has to stay as it is.
--
-- Reads the period's deliveries once; the index on what has a reason finds what is kept, and
-- nested loops take events and attempts in the order in which they lie.
create function posthorn.build_kept(p_period text, p_keeps boolean) returns bigint
language plpgsql
set enable_seqscan = on
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  v_from constant uuid := posthorn.uuid_floor(posthorn.period_start(p_period));
  v_until constant uuid := posthorn.uuid_floor(
    posthorn.period_start(p_period) + interval '12 hours');
  v_parent text;
  v_is_pending boolean;
  v_is_any boolean;
  v_count bigint;
  -- With bounds written out, so that planning and locking concern this period alone.
  v_kept constant text := format($sql$
    from posthorn.deliveries as d
    where d.id >= %L and d.id < %L
      and d.reason is not null and d.reason <> 'filtered' and d.status in ('failed', 'discarded')
  $sql$, v_from, v_until);
begin
  delete from posthorn.reopened_deliveries where delivery_id >= v_from and delivery_id < v_until;

  execute format('select exists (
    select from posthorn.deliveries where id >= %L and id < %L and completed_at is null)',
    v_from, v_until) into v_is_pending;
  if v_is_pending then
    return null;
  end if;
  execute format('select exists (select %s)', v_kept) into v_is_any;
  if not (p_keeps and v_is_any) then
    return 0;
  end if;

  foreach v_parent in array array['deliveries', 'events', 'attempts'] loop
    execute format('create table posthorn.%I (like posthorn.%I including all)',
      v_parent || '_kept_' || p_period, v_parent);
  end loop;
  execute format('insert into posthorn.%I select d.* %s order by d.id',
    'deliveries_kept_' || p_period, v_kept);
  get diagnostics v_count = row_count;
  execute format('analyze posthorn.%I', 'deliveries_kept_' || p_period);
  execute format($sql$
    insert into posthorn.%1$I
    select e.* from posthorn.events as e
    where e.id >= %3$L and e.id < %4$L
      and e.id in (select k.event_id from posthorn.%2$I as k)
    order by e.id
  $sql$, 'events_kept_' || p_period, 'deliveries_kept_' || p_period, v_from, v_until);
  execute format($sql$
    insert into posthorn.%1$I
    select a.* from posthorn.attempts as a
    where a.delivery_id >= %3$L and a.delivery_id < %4$L
      and a.delivery_id in (select k.id from posthorn.%2$I as k)
    order by a.delivery_id, a.attempt_number
  $sql$, 'attempts_kept_' || p_period, 'deliveries_kept_' || p_period, v_from, v_until);

  -- With this constraint attaching need not read every row.
  foreach v_parent in array array['deliveries', 'events', 'attempts'] loop
    execute format('alter table posthorn.%I add constraint is_of_period check (%I >= %L and %2$I < %4$L)',
      v_parent || '_kept_' || p_period,
      case v_parent when 'attempts' then 'delivery_id' else 'id' end, v_from, v_until);
    execute format('analyze posthorn.%I', v_parent || '_kept_' || p_period);
  end loop;
  return v_count;
end
$$;

-- Takes a period's partitions out and, with p_keeps, puts what build_kept has built in their
-- place, all at once: at no moment is a kept delivery not found. Returns false, with nothing
-- done, when a delivery of the period was opened again since.
--
-- Blocks everyone for as long as it takes to change the catalogue, and gives up with 55P03 rather
-- than block them for longer than p_patience_ms while it waits for a slow transaction.
create function posthorn.swap_period(
  p_period text, p_keeps boolean, p_patience_ms integer
) returns boolean
language plpgsql as $$
declare
  v_from constant uuid := posthorn.uuid_floor(posthorn.period_start(p_period));
  v_until constant uuid := posthorn.uuid_floor(
    posthorn.period_start(p_period) + interval '12 hours');
  v_table record;
begin
  -- Only vacuum conflicts with this, and is cancelled for it after a second.
  perform set_config('lock_timeout', '5s', true);
  for v_table in
    select name from posthorn.period_tables where period = p_period and is_attached
  loop
    execute format('lock table posthorn.%I in share update exclusive mode', v_table.name);
  end loop;

  -- In the order in which accepting and recording take them. Below a second, for the last two, so
  -- that in a deadlock with someone who does not it is we who give way.
  perform set_config('lock_timeout', p_patience_ms::text, true);
  lock table only posthorn.events in access exclusive mode;
  perform set_config('lock_timeout', least(p_patience_ms, 500)::text, true);
  lock table only posthorn.deliveries, only posthorn.attempts in access exclusive mode;
  if exists (
    select from posthorn.reopened_deliveries
    where delivery_id >= v_from and delivery_id < v_until
  ) then
    return false;
  end if;

  for v_table in
    select parent, name from posthorn.period_tables where period = p_period and is_attached
  loop
    execute format('alter table posthorn.%I detach partition posthorn.%I', v_table.parent, v_table.name);
  end loop;
  if p_keeps then
    for v_table in
      select parent, name from posthorn.period_tables where period = p_period and is_kept
    loop
      execute format(
        'alter table posthorn.%I attach partition posthorn.%I for values from (%L) to (%L)',
        v_table.parent, v_table.name, v_from, v_until);
      execute format('alter table posthorn.%I drop constraint is_of_period', v_table.name);
    end loop;
  end if;
  return true;
end
$$;

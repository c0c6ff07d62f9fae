-- Why: filters on subscriptions by what an event holds. A delivery that does not pass ends
-- as `discarded` with the reason `filtered`, and there may be many times more of these than
-- of all others that have a reason: they get indexes of their own, so that whoever looks for
-- what failed does not walk through them.
-- Locks: posthorn.subscriptions briefly; posthorn.deliveries against writing while four
-- partial indexes are built, which reads what is kept once each.

-- As text, so that it is shown in the order in which it was written.
alter table posthorn.subscriptions
  add column filter json
    constraint subscriptions_filter_check check (json_typeof(filter) = 'object');

-- When it was last retried by hand: what someone asks for passes whatever the filter says.
alter table posthorn.deliveries add column retried_at timestamptz;

drop index posthorn.deliveries_explained_idx;
drop index posthorn.deliveries_explained_all_idx;
create index deliveries_explained_idx on posthorn.deliveries (tenant, id)
  where reason is not null and reason <> 'filtered';
create index deliveries_explained_all_idx on posthorn.deliveries (id)
  where reason is not null and reason <> 'filtered';
create index deliveries_filtered_idx on posthorn.deliveries (tenant, id)
  where reason = 'filtered';
create index deliveries_filtered_all_idx on posthorn.deliveries (id)
  where reason = 'filtered';

-- As before; the condition on the reason is what the index now asks for.
create or replace function posthorn.expire_parked(p_before timestamptz, p_limit integer)
returns integer
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

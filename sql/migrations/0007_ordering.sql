-- Why: deliveries with an ordering key reach their subscription one at a time, in the
-- order in which their events were accepted. A retry of the first holds up the rest.
-- Locks: nothing that exists.

create function posthorn.tg_deliveries_enter_order() returns trigger
language plpgsql as $$
begin
  insert into posthorn.ordered_deliveries (tenant, subscription_id, ordering_key, delivery_id)
  values (new.tenant, new.subscription_id, new.ordering_key, new.id);
  return null;
end
$$;

create trigger deliveries_enter_order after insert on posthorn.deliveries
for each row when (new.ordering_key is not null and new.completed_at is null)
execute function posthorn.tg_deliveries_enter_order();

create function posthorn.tg_deliveries_leave_order() returns trigger
language plpgsql as $$
begin
  perform pg_advisory_xact_lock(
    hashtext('posthorn.ordering'), hashtext(new.subscription_id || new.ordering_key));
  delete from posthorn.ordered_deliveries
  where subscription_id = new.subscription_id
    and ordering_key = new.ordering_key
    and delivery_id = new.id;
  perform posthorn.release_next_in_order(new.subscription_id, new.ordering_key);
  return null;
end
$$;

create trigger deliveries_leave_order after update on posthorn.deliveries
for each row when (
  new.ordering_key is not null and new.completed_at is not null and old.completed_at is null)
execute function posthorn.tg_deliveries_leave_order();

-- Queues the first in line of a key if it is parked for its turn. The lock lets the one
-- who parks and the one who leaves see each other: whoever comes second releases.
create function posthorn.release_next_in_order(p_subscription_id uuid, p_ordering_key text)
returns void
language plpgsql as $$
declare
  v_next uuid;
begin
  perform pg_advisory_xact_lock(
    hashtext('posthorn.ordering'), hashtext(p_subscription_id || p_ordering_key));

  select delivery_id into v_next
  from posthorn.ordered_deliveries
  where subscription_id = p_subscription_id and ordering_key = p_ordering_key
  order by delivery_id
  limit 1;

  update posthorn.deliveries
  set parked = false, reason = 'released'
  where id = v_next and parked and reason = 'awaiting_order';
  if found then
    perform posthorn.enqueue_deliveries(array[v_next]);
  end if;
end
$$;

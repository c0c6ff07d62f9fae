-- Why: which subscriptions an event goes to. Matching is `matching_subscriptions`, here and nowhere
-- else in SQL; src/matching/event-types.ts has the same rule for a single subscription, and a
-- property test compares the two.
-- Locks: nothing that exists.

-- An index of subscriptions by event type: under each type those that name it, and under `*` those
-- that take all types or use wildcards, whose patterns decide. Matching looks here first, so that
-- its cost does not grow with the subscriptions to other types.
create table posthorn.subscription_event_types (
  tenant text not null,
  event_type text not null,
  subscription_id uuid not null
    constraint subscription_event_types_subscription_fkey
    references posthorn.subscriptions (id) on delete cascade,
  constraint subscription_event_types_pkey primary key (tenant, event_type, subscription_id)
);

create index subscription_event_types_subscription_id_idx
  on posthorn.subscription_event_types (subscription_id);

create function posthorn.tg_subscriptions_event_types() returns trigger
language plpgsql as $$
begin
  delete from posthorn.subscription_event_types where subscription_id = new.id;
  if new.event_types is null or array_to_string(new.event_types, ' ') like '%*%' then
    insert into posthorn.subscription_event_types values (new.tenant, '*', new.id);
  else
    insert into posthorn.subscription_event_types
    select distinct new.tenant, event_type, new.id from unnest(new.event_types) as event_type;
  end if;
  return null;
end
$$;

create trigger subscriptions_event_types after insert or update of event_types
on posthorn.subscriptions
for each row execute function posthorn.tg_subscriptions_event_types();

-- The subscriptions of a tenant that are to receive an event of this type: those that want the
-- type and are not disabled. Content filters come later: the worker evaluates them.
--
-- One plain query, so that the planner inlines it into `accept_events`: it has to stay `stable`,
-- without `strict`, settings or `security definer`.
create function posthorn.matching_subscriptions(p_tenant text, p_event_type text)
returns table (subscription_id uuid, version bigint, status text)
language sql stable as $$
  select s.id, s.version, s.status
  from posthorn.subscription_event_types as concerned
  join posthorn.subscriptions as s
    on s.id = concerned.subscription_id
    and s.status <> 'disabled'
    and (s.event_type_likes is null or p_event_type like any (s.event_type_likes))
  where concerned.tenant = p_tenant and concerned.event_type = any (array[p_event_type, '*'])
$$;

-- Why: a process that accepts and delivers need not read back what it has just written. Accepting
-- tells, of an event with one delivery that is queued, for which subscription and which version of
-- it; nothing else has to be known to send it. Two joins of the old statement were not needed.
-- Locks: nothing that exists.

drop function posthorn.accept_events(
  uuid[], integer[], text[], text[], text, integer[], text[], text[], uuid[], bigint[], text[],
  text[]);

-- Stores events, their deliveries and the jobs that carry those, in one statement: engine.md's
-- "accept". `subscription_id` and `subscription_version` are null unless the event has one delivery
-- alone, which is queued and waits for no other.
create function posthorn.accept_events(
  p_event_ids uuid[],
  p_requests integer[],
  p_tenants text[],
  p_event_types text[],
  p_payloads text,
  p_payload_bytes integer[],
  p_headers text[],
  p_ordering_keys text[],
  p_subscription_ids uuid[],
  p_subscription_versions bigint[],
  p_idempotency_keys text[],
  p_request_hashes text[]
) returns table (
  ordinal integer, outcome text, event_id uuid, delivery_id uuid, delivery_count integer,
  subscription_id uuid, subscription_version bigint
)
language plpgsql as $$
#variable_conflict use_column
declare
  v_settled integer[] := '{}';
begin
  if array_remove(p_idempotency_keys, null) <> '{}' then
    v_settled := posthorn.claim_idempotency_keys(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes);
  end if;

  return query
  with input as materialized (
    select i.*
    from unnest(
      p_event_ids, p_requests, p_tenants, p_event_types, string_to_array(p_payloads, e'\x1e'),
      p_payload_bytes, p_headers, p_ordering_keys, p_subscription_ids, p_subscription_versions,
      p_idempotency_keys
    ) with ordinality as i (
      event_id, request, tenant, event_type, payload,
      payload_bytes, headers, ordering_key, subscription_id, subscription_version,
      idempotency_key, ordinal
    )
    where i.request <> all (v_settled)
  ),
  target as materialized (
    select posthorn.uuid_sibling(i.event_id) as delivery_id, i.ordinal, i.event_id, i.tenant,
      i.event_type, i.ordering_key, s.id as subscription_id, s.version, s.status
    from input as i
    join posthorn.subscriptions as s
      on s.id = i.subscription_id and s.tenant = i.tenant and s.version = i.subscription_version
    where i.subscription_id is not null
    union all
    select posthorn.uuid_sibling(i.event_id), i.ordinal, i.event_id, i.tenant,
      i.event_type, i.ordering_key, s.id, s.version, s.status
    from input as i
    join posthorn.subscription_event_types as concerned
      on concerned.tenant = i.tenant and concerned.event_type = any (array[i.event_type, '*'])
    join posthorn.subscriptions as s
      on s.id = concerned.subscription_id
      and s.status <> 'disabled'
      and (s.event_type_likes is null or i.event_type like any (s.event_type_likes))
    where i.subscription_id is null
  ),
  stored_event as (
    insert into posthorn.events (
      id, tenant, event_type, payload, payload_bytes, headers, idempotency_key, ordering_key)
    select i.event_id, i.tenant, i.event_type, i.payload, i.payload_bytes, i.headers::jsonb,
      i.idempotency_key, i.ordering_key
    from input as i
    where i.subscription_id is null
      or exists (select from target as t where t.ordinal = i.ordinal)
  ),
  stored_delivery as (
    insert into posthorn.deliveries (
      id, tenant, event_id, subscription_id, event_type, ordering_key,
      status, reason, parked, completed_at)
    select t.delivery_id, t.tenant, t.event_id, t.subscription_id, t.event_type, t.ordering_key,
      case t.status when 'disabled' then 'discarded' else 'pending' end,
      case t.status
        when 'disabled' then 'subscription_disabled'
        when 'paused' then 'subscription_paused'
      end,
      t.status = 'paused',
      case t.status when 'disabled' then now() end
    from target as t
  ),
  queued as materialized (
    select posthorn.enqueue_deliveries(
      array_agg(t.delivery_id order by t.event_id) filter (where t.status = 'active'))
    from target as t
  ),
  delivery as (
    select t.event_id, (array_agg(t.delivery_id))[1] as id, count(*)::integer as deliveries,
      case when count(*) = 1 and bool_and(t.status = 'active' and t.ordering_key is null)
        then (array_agg(t.subscription_id))[1] end as subscription_id,
      min(t.version) as version
    from target as t
    group by t.event_id
  )
  select i.ordinal::integer,
    case when i.subscription_id is not null and d.id is null then 'stale' else 'accepted' end,
    i.event_id, d.id, coalesce(d.deliveries, 0), d.subscription_id,
    case when d.subscription_id is not null then d.version end
  from input as i
  left join delivery as d on d.event_id = i.event_id
  cross join queued;

  if array_remove(p_idempotency_keys, null) <> '{}' then
    delete from posthorn.idempotency_keys as k
    using unnest(p_tenants, p_idempotency_keys, p_event_ids, p_requests)
      as i (tenant, key, event_id, request)
    where k.tenant = i.tenant and k.key = i.key and k.event_ids[1] = i.event_id
      and not exists (select from posthorn.events as e where e.id = i.event_id);

    return query
    select r.*, null::uuid, null::bigint
    from posthorn.replay_idempotent(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes, v_settled) as r;
  end if;
end
$$;

-- Events of the last sixty hours, each delivered to five subscriptions at the second
-- attempt: ten attempts an event.
-- $1, $2: numbers of the first and last; $3: how many there will be.
with subscription as (
  select array_agg(id) as ids from posthorn.subscriptions
),
moment as materialized (
  select posthorn.uuid_v7(at) as id, at
  from generate_series($1::bigint, $2::bigint) as n
  cross join lateral (select now() - (1 - n / $3::float8) * interval '60 hours' as at) as moment
),
new_event as (
  insert into posthorn.events (id, tenant, event_type, payload, payload_bytes)
  select id, 'default', 'backlog.history', '{"text":"' || repeat('x', 1013) || '"}', 1024
  from moment
),
new_delivery as (
  insert into posthorn.deliveries (
    id, tenant, event_id, subscription_id, event_type, status,
    attempt_count, status_code, created_at, completed_at)
  select
    posthorn.uuid_sibling(e.id), 'default', e.id,
    s.ids[1 + floor(random() * cardinality(s.ids))], 'backlog.history', 'delivered',
    2, 200, e.at, e.at + interval '10 seconds'
  from moment as e
  cross join subscription as s
  cross join generate_series(1, 5)
  returning id, event_id, subscription_id, created_at
)
insert into posthorn.attempts (
  delivery_id, attempt_number, tenant, event_id, subscription_id, outcome, status_code,
  duration_ms, error_kind, error_message, target_url, started_at)
select
  d.id, a.number, 'default', d.event_id, d.subscription_id, a.outcome, a.status_code,
  12, a.error_kind, a.error_message, 'https://receiver.example/hooks',
  d.created_at + (a.number - 1) * interval '10 seconds'
from new_delivery as d
cross join (values
  (1, 'failed_attempt', 503, 'rejected', 'the receiver answered 503'),
  (2, 'success', 200, null, null)
) as a (number, outcome, status_code, error_kind, error_message)

-- Deliveries of the last six hours that failed once and wait for an hour of the
-- coming day, spread over the subscriptions.
-- $1, $2: numbers of the first and last; $3: how many there will be.
with subscription as (
  select array_agg(id) as ids from posthorn.subscriptions
),
moment as materialized (
  select posthorn.uuid_v7(at) as id, at
  from generate_series($1::bigint, $2::bigint) as n
  cross join lateral (select now() - (1 - n / $3::float8) * interval '6 hours' as at) as moment
),
new_event as (
  insert into posthorn.events (id, tenant, event_type, payload, payload_bytes)
  select id, 'default', 'backlog.retry', '{"backlog":"retry"}', 19
  from moment
),
new_delivery as (
  insert into posthorn.deliveries (
    id, tenant, event_id, subscription_id, event_type, status, reason,
    attempt_count, status_code, next_attempt_at, created_at)
  select
    posthorn.uuid_sibling(e.id), 'default', e.id,
    s.ids[1 + floor(random() * cardinality(s.ids))], 'backlog.retry', 'pending', 'retry_scheduled',
    1, 503, date_trunc('minute', now() + interval '1 hour' + random() * interval '23 hours'),
    e.at
  from moment as e
  cross join subscription as s
  returning id, event_id, subscription_id, created_at
)
insert into posthorn.attempts (
  delivery_id, attempt_number, tenant, event_id, subscription_id, outcome, status_code,
  duration_ms, error_kind, error_message, target_url, started_at)
select
  d.id, 1, 'default', d.event_id, d.subscription_id, 'failed_attempt', 503,
  12, 'rejected', 'the receiver answered 503', 'https://receiver.example/hooks', d.created_at
from new_delivery as d

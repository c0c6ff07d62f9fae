-- A period of the past: events with one delivery each, of which a percentage has failed
-- at the tenth attempt; the others were delivered at the first. Filled as tables without indexes,
-- which attaching then builds: hours sooner than row by row.
-- :period is its name, :events how many, :failed the percentage.
create temporary table bench_id as
select n, posthorn.period_start(':period') + n * (interval '12 hours' / :events) as at,
  lpad(to_hex((extract(epoch from posthorn.period_start(':period')) * 1000)::bigint
    + n * 43200000 / :events), 12, '0') || '7' || lpad(to_hex(n % 4096), 3, '0') as time,
  md5(n::text) as event_tail, md5('delivery ' || n) as delivery_tail,
  -- In runs, as an outage makes them, of about 1,000.
  (n / 1000) % 100 < :failed as is_failed
from generate_series(0::bigint, :events - 1) as n;

create table posthorn.events_:period (like posthorn.events including defaults including constraints);
insert into posthorn.events_:period (id, tenant, event_type, payload, payload_bytes)
select (time || '8' || left(event_tail, 15))::uuid, 'default', 'bench.' || n % 100,
  '{"number":' || n || ',"text":"' || repeat(event_tail, 8) || '"}', 280
from bench_id;

alter table posthorn.events attach partition posthorn.events_:period for values
  from (posthorn.uuid_floor(posthorn.period_start(':period')))
  to (posthorn.uuid_floor(posthorn.period_start(':period') + interval '12 hours'));

create table posthorn.deliveries_:period (like posthorn.deliveries including defaults including constraints)
with (fillfactor = 60);
insert into posthorn.deliveries_:period (
  id, tenant, event_id, subscription_id, event_type, status, reason, attempt_count, status_code,
  created_at, completed_at)
select (time || '8' || left(delivery_tail, 15))::uuid, 'default',
  (time || '8' || left(event_tail, 15))::uuid,
  ('00000000-0000-7000-8000-' || lpad((n % 100)::text, 12, '0'))::uuid, 'bench.' || n % 100,
  case when is_failed then 'failed' else 'delivered' end,
  case when is_failed then 'exhausted' end,
  case when is_failed then 10 else 1 end, case when is_failed then 503 else 200 end,
  at, at + case when is_failed then interval '3 days' else interval '10 milliseconds' end
from bench_id;

alter table posthorn.deliveries attach partition posthorn.deliveries_:period for values
  from (posthorn.uuid_floor(posthorn.period_start(':period')))
  to (posthorn.uuid_floor(posthorn.period_start(':period') + interval '12 hours'));

create table posthorn.attempts_:period (like posthorn.attempts including defaults including constraints);
insert into posthorn.attempts_:period (
  delivery_id, attempt_number, tenant, event_id, subscription_id, outcome, status_code,
  duration_ms, error_kind, error_message, response_headers, response_body, target_url, started_at)
select (time || '8' || left(delivery_tail, 15))::uuid, number, 'default',
  (time || '8' || left(event_tail, 15))::uuid,
  ('00000000-0000-7000-8000-' || lpad((n % 100)::text, 12, '0'))::uuid,
  case when not is_failed then 'success' when number = 10 then 'failure' else 'failed_attempt' end,
  case when is_failed then 503 else 200 end, 12,
  case when is_failed then 'rejected' end, case when is_failed then 'the receiver answered 503' end,
  '{"content-type":"text/plain"}', 'ok', 'https://receiver.example/hooks',
  at + number * interval '7 hours'
from bench_id
cross join lateral generate_series(1, case when is_failed then 10 else 1 end) as number;

alter table posthorn.attempts attach partition posthorn.attempts_:period for values
  from (posthorn.uuid_floor(posthorn.period_start(':period')))
  to (posthorn.uuid_floor(posthorn.period_start(':period') + interval '12 hours'));

drop table bench_id;

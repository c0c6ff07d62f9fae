-- Why: notifying people: the readers of the live stream, and events about Posthorn itself that say
-- when a subscription was disabled, fails, or has recovered.
-- Locks: nothing that exists.

-- Processes with readers of the live stream register here what they want to see, so that those who
-- deliver publish nothing while nobody is looking.
create unlogged table posthorn.stream_readers (
  process_id uuid not null,
  -- One object per reader: tenant, subscription_id, event_type, status; absent: any.
  filters jsonb not null,
  beat_at timestamptz not null default now(),
  constraint stream_readers_pkey primary key (process_id)
);

-- The job that publishes the event exists exactly when its cause is committed.
create function posthorn.add_alert(p_alert json) returns void
language sql as $$
  select posthorn_queue.add_job('alert', p_alert, max_attempts := 1000)
$$;

create function posthorn.tg_subscriptions_alert() returns trigger
language plpgsql as $$
begin
  if new.status = 'disabled' then
    perform posthorn.add_alert(json_build_object(
      'type', 'posthorn.subscription.disabled', 'tenant', new.tenant,
      'subscription_id', new.id, 'version', new.version, 'reason', new.disabled_reason,
      'at', now()));
  end if;
  -- Pausing, resuming or disabling starts again: that is no recovery.
  update posthorn.subscription_failures set told_at = null
  where subscription_id = new.id and told_at is not null;
  return null;
end
$$;

create trigger subscriptions_alert after update of status on posthorn.subscriptions
for each row when (new.status <> old.status)
execute function posthorn.tg_subscriptions_alert();

-- All that a success pays for is the trigger's condition.
create function posthorn.tg_subscription_failures_recovered() returns trigger
language plpgsql as $$
begin
  perform posthorn.add_alert(json_build_object(
    'type', 'posthorn.subscription.recovered', 'tenant', old.tenant,
    'subscription_id', old.subscription_id, 'failing_since', old.failing_since,
    'failures', old.failures, 'at', now()));
  return null;
end
$$;

create trigger subscription_failures_recovered after delete on posthorn.subscription_failures
for each row when (old.told_at is not null)
execute function posthorn.tg_subscription_failures_recovered();

-- Announces active subscriptions that have done nothing but fail for a while, once each.
create function posthorn.tell_failing(p_for interval, p_failures bigint) returns void
language plpgsql as $$
declare
  v_failing record;
begin
  for v_failing in
    update posthorn.subscription_failures as f set told_at = now()
    from posthorn.subscriptions as s
    where s.id = f.subscription_id and s.status = 'active' and f.told_at is null
      and f.failing_since <= now() - p_for and f.failures >= p_failures
    returning f.tenant, f.subscription_id, f.failing_since, f.failures
  loop
    perform posthorn.add_alert(json_build_object(
      'type', 'posthorn.subscription.failing', 'tenant', v_failing.tenant,
      'subscription_id', v_failing.subscription_id, 'failing_since', v_failing.failing_since,
      'failures', v_failing.failures, 'at', now()));
  end loop;
end
$$;

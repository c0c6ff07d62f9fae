-- Why: a worker that was declared dead and wakes may not park or end what another has taken over:
-- parked in the middle of the other's attempt, a delivery would be released and sent once more.
-- The functions without a worker stay for the previous release's processes.
-- Locks: nothing that exists.

create function posthorn.park_deliveries(
  p_worker text, p_ids uuid[], p_reasons text[], p_waits_ms integer[]
) returns void
language plpgsql as $$
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  perform posthorn.park_deliveries(p_ids, p_reasons, p_waits_ms);
end
$$;

create function posthorn.end_deliveries(
  p_worker text, p_ids uuid[], p_statuses text[], p_reasons text[]
) returns void
language plpgsql as $$
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  perform posthorn.end_deliveries(p_ids, p_statuses, p_reasons);
end
$$;

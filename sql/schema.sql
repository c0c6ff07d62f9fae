-- Written by `npm run generate` from sql/migrations. To be read, not run.

create sequence posthorn.outbox_id_seq;

create sequence posthorn.reopened_deliveries_id_seq;

create table posthorn.api_keys (
  id uuid not null,
  name text,
  prefix text not null,
  digest bytea not null,
  scopes text[] not null,
  tenant text,
  created_at timestamp with time zone default now() not null,
  last_used_at timestamp with time zone,
  expires_at timestamp with time zone,
  revoked_at timestamp with time zone,
  constraint api_keys_digest_key UNIQUE (digest),
  constraint api_keys_pkey PRIMARY KEY (id),
  constraint api_keys_digest_check CHECK (length(digest) = 32),
  constraint api_keys_scopes_check CHECK (cardinality(scopes) > 0 AND scopes <@ '{admin,publish,read}'::text[]),
  constraint api_keys_tenant_check CHECK (length(tenant) >= 1 AND length(tenant) <= 128)
);

create table posthorn.attempts (
  delivery_id uuid not null,
  attempt_number smallint not null,
  tenant text not null,
  event_id uuid not null,
  subscription_id uuid not null,
  outcome text not null,
  status_code smallint,
  duration_ms integer not null,
  error_kind text,
  error_message text,
  response_headers json,
  response_body text,
  target_url text not null,
  started_at timestamp with time zone not null,
  constraint attempts_pkey PRIMARY KEY (delivery_id, attempt_number, tenant),
  constraint attempts_outcome_check CHECK (outcome = ANY (ARRAY['success'::text, 'failed_attempt'::text, 'failure'::text]))
) partition by RANGE (delivery_id);

create table posthorn.audit_log (
  id uuid not null,
  tenant text,
  actor text not null,
  operation text not null,
  target_id text,
  status smallint not null,
  address text not null,
  request_id text not null,
  created_at timestamp with time zone default now() not null,
  constraint audit_log_pkey PRIMARY KEY (id)
);

create table posthorn.deliveries (
  id uuid not null,
  tenant text not null,
  event_id uuid not null,
  subscription_id uuid not null,
  event_type text not null,
  status text default 'pending'::text not null,
  reason text,
  attempt_count smallint default 0 not null,
  attempt_base smallint default 0 not null,
  status_code smallint,
  next_attempt_at timestamp with time zone,
  parked boolean default false not null,
  leased_by text,
  ordering_key text,
  created_at timestamp with time zone default now() not null,
  completed_at timestamp with time zone,
  queue_ticket integer default 0 not null,
  retried_at timestamp with time zone,
  constraint deliveries_pkey PRIMARY KEY (id, tenant),
  constraint deliveries_completed_check CHECK ((completed_at IS NOT NULL) = (status = ANY (ARRAY['delivered'::text, 'failed'::text, 'discarded'::text, 'cancelled'::text]))),
  constraint deliveries_leased_check CHECK ((status = 'delivering'::text) = (leased_by IS NOT NULL)),
  constraint deliveries_parked_check CHECK (NOT parked OR status = 'pending'::text AND next_attempt_at IS NULL AND reason IS NOT NULL),
  constraint deliveries_status_check CHECK (status = ANY (ARRAY['pending'::text, 'delivering'::text, 'delivered'::text, 'failed'::text, 'discarded'::text, 'cancelled'::text])),
  constraint deliveries_waiting_check CHECK (completed_at IS NULL OR next_attempt_at IS NULL AND NOT parked)
) partition by RANGE (id);

create table posthorn.event_types (
  tenant text not null,
  name text not null,
  description text,
  schema text,
  example text,
  version integer default 1 not null,
  deprecated_at timestamp with time zone,
  replaced_by text,
  enforce text default 'off'::text not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  constraint event_types_pkey PRIMARY KEY (tenant, name),
  constraint event_types_enforce_check CHECK (enforce = ANY (ARRAY['off'::text, 'warn'::text, 'reject'::text])),
  constraint event_types_enforced_check CHECK (enforce = 'off'::text OR schema IS NOT NULL),
  constraint event_types_name_check CHECK (length(name) >= 1 AND length(name) <= 128),
  constraint event_types_tenant_check CHECK (length(tenant) >= 1 AND length(tenant) <= 128)
);

create table posthorn.events (
  id uuid not null,
  tenant text not null,
  event_type text not null,
  payload text not null,
  payload_bytes integer not null,
  headers jsonb,
  idempotency_key text,
  ordering_key text,
  constraint events_pkey PRIMARY KEY (id, tenant)
) partition by RANGE (id);

create table posthorn.idempotency_keys (
  tenant text not null,
  key text not null,
  request_hash text not null,
  event_ids uuid[] not null,
  created_at timestamp with time zone default now() not null,
  constraint idempotency_keys_pkey PRIMARY KEY (tenant, key)
);

create table posthorn.lane_states (
  subscription_id uuid not null,
  pool_id text not null,
  breaker text not null,
  concurrency integer not null,
  in_flight integer not null,
  resumes_at timestamp with time zone,
  updated_at timestamp with time zone default now() not null,
  constraint lane_states_pkey PRIMARY KEY (subscription_id, pool_id),
  constraint lane_states_worker_fkey FOREIGN KEY (pool_id) REFERENCES posthorn.workers(pool_id) ON DELETE CASCADE,
  constraint lane_states_breaker_check CHECK (breaker = ANY (ARRAY['closed'::text, 'open'::text, 'half_open'::text]))
);

create table posthorn.migrations (
  id integer not null,
  name text not null,
  applied_at timestamp with time zone default now() not null,
  constraint migrations_pkey PRIMARY KEY (id)
);

create table posthorn.ordered_deliveries (
  tenant text not null,
  subscription_id uuid not null,
  ordering_key text not null,
  delivery_id uuid not null,
  constraint ordered_deliveries_pkey PRIMARY KEY (subscription_id, ordering_key, delivery_id)
);

create table posthorn.outbox (
  id bigint not null,
  delivery_ids uuid[] not null,
  constraint outbox_pkey PRIMARY KEY (id)
) with (autovacuum_vacuum_scale_factor=0, autovacuum_vacuum_threshold=5000);

create table posthorn.portal_sessions (
  id uuid not null,
  tenant text not null,
  digest bytea not null,
  read_only boolean not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone not null,
  constraint portal_sessions_digest_key UNIQUE (digest),
  constraint portal_sessions_pkey PRIMARY KEY (id),
  constraint portal_sessions_digest_check CHECK (length(digest) = 32),
  constraint portal_sessions_tenant_check CHECK (length(tenant) >= 1 AND length(tenant) <= 128)
);

create table posthorn.publishers (
  role_name text not null,
  tenant text,
  created_at timestamp with time zone default now() not null,
  constraint publishers_key UNIQUE NULLS NOT DISTINCT (role_name, tenant)
);

create table posthorn.reopened_deliveries (
  id bigint not null,
  delivery_id uuid not null,
  constraint reopened_deliveries_pkey PRIMARY KEY (id)
);

create table posthorn.replays (
  id uuid not null,
  tenant text not null,
  subscription_id uuid not null,
  target_subscription_id uuid not null,
  source text not null,
  after_id uuid not null,
  before_id uuid not null,
  statuses text[],
  event_types text[],
  event_id uuid,
  filter json,
  rate_limit integer,
  status text default 'running'::text not null,
  failure text,
  total bigint not null,
  is_estimate boolean not null,
  seen bigint default 0 not null,
  replayed bigint default 0 not null,
  position_id uuid not null,
  page_after_id uuid not null,
  page_queued integer default 0 not null,
  next_page_at timestamp with time zone,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  completed_at timestamp with time zone,
  constraint replays_pkey PRIMARY KEY (id),
  constraint replays_completed_check CHECK ((completed_at IS NOT NULL) = (status = ANY (ARRAY['cancelled'::text, 'completed'::text, 'failed'::text]))),
  constraint replays_failure_check CHECK ((failure IS NOT NULL) = (status = 'failed'::text)),
  constraint replays_rate_limit_check CHECK (rate_limit > 0),
  constraint replays_source_check CHECK (source = ANY (ARRAY['deliveries'::text, 'events'::text])),
  constraint replays_status_check CHECK (status = ANY (ARRAY['running'::text, 'paused'::text, 'cancelled'::text, 'completed'::text, 'failed'::text])),
  constraint replays_statuses_check CHECK ((statuses IS NULL) = (source = 'events'::text))
);

create table posthorn.stream_readers (
  process_id uuid not null,
  filters jsonb not null,
  beat_at timestamp with time zone default now() not null,
  constraint stream_readers_pkey PRIMARY KEY (process_id)
);

create table posthorn.subscription_event_types (
  tenant text not null,
  event_type text not null,
  subscription_id uuid not null,
  constraint subscription_event_types_pkey PRIMARY KEY (tenant, event_type, subscription_id),
  constraint subscription_event_types_subscription_fkey FOREIGN KEY (subscription_id) REFERENCES posthorn.subscriptions(id) ON DELETE CASCADE
);

create table posthorn.subscription_failures (
  tenant text not null,
  subscription_id uuid not null,
  failing_since timestamp with time zone default now() not null,
  last_failed_at timestamp with time zone default now() not null,
  failures bigint default 1 not null,
  told_at timestamp with time zone,
  constraint subscription_failures_pkey PRIMARY KEY (subscription_id)
);

create table posthorn.subscription_rollups (
  tenant text not null,
  subscription_id uuid not null,
  width_seconds integer not null,
  at timestamp with time zone not null,
  deliveries integer not null,
  attempts integer not null,
  delivered integer not null,
  latencies integer[] not null,
  filtered integer default 0 not null,
  constraint subscription_rollups_pkey PRIMARY KEY (subscription_id, width_seconds, at),
  constraint subscription_rollups_width_seconds_check CHECK (width_seconds = ANY (ARRAY[60, 3600]))
) with (fillfactor=50);

create table posthorn.subscription_secrets (
  tenant text not null,
  subscription_id uuid not null,
  id uuid not null,
  key_id text,
  sealed bytea not null,
  created_at timestamp with time zone default now() not null,
  expires_at timestamp with time zone,
  kind text default 'shared'::text not null,
  constraint subscription_secrets_pkey PRIMARY KEY (subscription_id, id),
  constraint subscription_secrets_subscription_fkey FOREIGN KEY (subscription_id) REFERENCES posthorn.subscriptions(id) ON DELETE CASCADE,
  constraint subscription_secrets_kind_check CHECK (kind = ANY (ARRAY['shared'::text, 'ed25519'::text]))
);

create table posthorn.subscriptions (
  tenant text not null,
  id uuid not null,
  version bigint default 1 not null,
  name text,
  description text,
  target_url text not null,
  sealed_target_key_id text,
  sealed_target bytea,
  event_types text[],
  event_type_likes text[] generated always as (posthorn.like_patterns(event_types)) stored,
  status text default 'active'::text not null,
  disabled_reason text,
  signature_schemes text[] default '{standard-webhooks}'::text[] not null,
  ingest_signature text default 'optional'::text not null,
  headers jsonb default '{}'::jsonb not null,
  rate_limit integer,
  max_concurrency integer,
  retry_schedule text,
  timeout_ms integer,
  metadata jsonb default '{}'::jsonb not null,
  created_at timestamp with time zone default now() not null,
  updated_at timestamp with time zone default now() not null,
  filter json,
  constraint subscriptions_pkey PRIMARY KEY (id),
  constraint subscriptions_tenant_id_key UNIQUE (tenant, id),
  constraint subscriptions_disabled_check CHECK ((status = 'disabled'::text) = (disabled_reason IS NOT NULL)),
  constraint subscriptions_event_types_check CHECK (event_types IS NULL OR cardinality(event_types) > 0),
  constraint subscriptions_filter_check CHECK (json_typeof(filter) = 'object'::text),
  constraint subscriptions_ingest_signature_check CHECK (ingest_signature = ANY (ARRAY['off'::text, 'optional'::text, 'required'::text])),
  constraint subscriptions_max_concurrency_check CHECK (max_concurrency > 0),
  constraint subscriptions_rate_limit_check CHECK (rate_limit > 0),
  constraint subscriptions_status_check CHECK (status = ANY (ARRAY['active'::text, 'paused'::text, 'disabled'::text])),
  constraint subscriptions_tenant_check CHECK (length(tenant) >= 1 AND length(tenant) <= 128),
  constraint subscriptions_timeout_ms_check CHECK (timeout_ms >= 1000 AND timeout_ms <= 30000)
);

create table posthorn.tenant_rollups (
  tenant text not null,
  width_seconds integer not null,
  at timestamp with time zone not null,
  events integer not null,
  deliveries integer not null,
  attempts integer not null,
  delivered integer not null,
  latencies integer[] not null,
  filtered integer default 0 not null,
  constraint tenant_rollups_pkey PRIMARY KEY (tenant, width_seconds, at),
  constraint tenant_rollups_width_seconds_check CHECK (width_seconds = ANY (ARRAY[60, 900, 3600]))
) with (fillfactor=50);

create table posthorn.workers (
  pool_id text not null,
  lock_key integer not null,
  host text not null,
  process_id integer not null,
  version text not null,
  key_ids text[] default '{}'::text[] not null,
  started_at timestamp with time zone default now() not null,
  beat_at timestamp with time zone default now() not null,
  constraint workers_pkey PRIMARY KEY (pool_id)
);

CREATE INDEX api_keys_tenant_idx ON posthorn.api_keys USING btree (tenant) WHERE (revoked_at IS NULL);

CREATE INDEX attempts_subscription_idx ON ONLY posthorn.attempts USING btree (subscription_id, started_at, delivery_id, attempt_number);

CREATE INDEX audit_log_target_id_idx ON posthorn.audit_log USING btree (target_id, id);

CREATE INDEX audit_log_tenant_idx ON posthorn.audit_log USING btree (tenant, id);

CREATE INDEX deliveries_due_idx ON ONLY posthorn.deliveries USING btree (next_attempt_at) WHERE (next_attempt_at IS NOT NULL);

CREATE INDEX deliveries_explained_all_idx ON ONLY posthorn.deliveries USING btree (id) WHERE ((reason IS NOT NULL) AND (reason <> 'filtered'::text));

CREATE INDEX deliveries_explained_idx ON ONLY posthorn.deliveries USING btree (tenant, id) WHERE ((reason IS NOT NULL) AND (reason <> 'filtered'::text));

CREATE INDEX deliveries_filtered_all_idx ON ONLY posthorn.deliveries USING btree (id) WHERE (reason = 'filtered'::text);

CREATE INDEX deliveries_filtered_idx ON ONLY posthorn.deliveries USING btree (tenant, id) WHERE (reason = 'filtered'::text);

CREATE INDEX deliveries_subscription_idx ON ONLY posthorn.deliveries USING btree (subscription_id, id);

CREATE INDEX deliveries_tenant_idx ON ONLY posthorn.deliveries USING btree (tenant, id);

CREATE INDEX deliveries_waiting_idx ON ONLY posthorn.deliveries USING btree (subscription_id, id) WHERE (parked OR (next_attempt_at IS NOT NULL));

CREATE INDEX events_event_type_idx ON ONLY posthorn.events USING btree (tenant, event_type, id);

CREATE INDEX events_tenant_idx ON ONLY posthorn.events USING btree (tenant, id);

CREATE INDEX idempotency_keys_created_at_idx ON posthorn.idempotency_keys USING btree (created_at);

CREATE INDEX lane_states_pool_id_idx ON posthorn.lane_states USING btree (pool_id);

CREATE INDEX ordered_deliveries_delivery_id_idx ON posthorn.ordered_deliveries USING btree (delivery_id);

CREATE INDEX portal_sessions_expires_at_idx ON posthorn.portal_sessions USING btree (expires_at);

CREATE INDEX portal_sessions_tenant_idx ON posthorn.portal_sessions USING btree (tenant);

CREATE INDEX reopened_deliveries_delivery_id_idx ON posthorn.reopened_deliveries USING btree (delivery_id);

CREATE INDEX replays_running_idx ON posthorn.replays USING btree (id) WHERE (status = 'running'::text);

CREATE INDEX replays_subscription_idx ON posthorn.replays USING btree (subscription_id, id);

CREATE INDEX replays_target_idx ON posthorn.replays USING btree (target_subscription_id, id);

CREATE INDEX replays_tenant_idx ON posthorn.replays USING btree (tenant, id);

CREATE INDEX subscription_event_types_subscription_id_idx ON posthorn.subscription_event_types USING btree (subscription_id);

CREATE INDEX subscription_rollups_at_idx ON posthorn.subscription_rollups USING btree (width_seconds, at);

CREATE INDEX subscription_secrets_key_id_idx ON posthorn.subscription_secrets USING btree (key_id) WHERE (key_id IS NOT NULL);

CREATE INDEX subscriptions_sealed_target_key_id_idx ON posthorn.subscriptions USING btree (sealed_target_key_id) WHERE (sealed_target_key_id IS NOT NULL);

create view posthorn.partitions as
 SELECT parent.relname::text AS parent,
    child.relname::text AS name,
    (to_timestamp("right"(child.relname::text, 11), 'YYYYMMDD_HH24'::text)::timestamp without time zone AT TIME ZONE 'UTC'::text) AS starts_at,
    pg_total_relation_size(child.oid::regclass) AS total_bytes,
    GREATEST(child.reltuples, 0::real)::bigint AS estimated_rows
   FROM pg_inherits
     JOIN pg_class parent ON parent.oid = pg_inherits.inhparent
     JOIN pg_class child ON child.oid = pg_inherits.inhrelid
     JOIN pg_namespace ON pg_namespace.oid = parent.relnamespace
  WHERE pg_namespace.nspname = 'posthorn'::name AND parent.relkind = 'p'::"char"
  ORDER BY ((to_timestamp("right"(child.relname::text, 11), 'YYYYMMDD_HH24'::text)::timestamp without time zone AT TIME ZONE 'UTC'::text)), (parent.relname::text);

create view posthorn.period_tables as
 SELECT match.parts[1] AS parent,
    child.relname::text AS name,
    match.parts[3] AS period,
    match.parts[2] IS NOT NULL AS is_kept,
    child.relispartition AS is_attached,
    posthorn.period_start(match.parts[3]) + '12:00:00'::interval AS ends_at
   FROM pg_class child
     CROSS JOIN LATERAL regexp_match(child.relname::text, '^(events|deliveries|attempts)_(kept_)?([0-9]{8}_[0-9]{2})$'::text) match(parts)
  WHERE child.relnamespace = 'posthorn'::regnamespace::oid AND child.relkind = 'r'::"char" AND match.parts IS NOT NULL;

CREATE OR REPLACE FUNCTION posthorn.accept_events(p_event_ids uuid[], p_requests integer[], p_tenants text[], p_event_types text[], p_payloads text, p_payload_bytes integer[], p_headers text[], p_ordering_keys text[], p_subscription_ids uuid[], p_subscription_versions bigint[], p_idempotency_keys text[], p_request_hashes text[], p_is_from_sql boolean DEFAULT false)
 RETURNS TABLE(ordinal integer, outcome text, event_id uuid, delivery_id uuid, delivery_count integer, subscription_id uuid, subscription_version bigint)
 LANGUAGE plpgsql
AS $function$
#variable_conflict use_column
declare
  v_has_keys constant boolean :=
    not p_is_from_sql and array_remove(p_idempotency_keys, null) <> '{}';
  v_settled integer[] := '{}';
  v_in_use integer[] := '{}';
begin
  if v_has_keys then
    select c.settled, c.in_use into v_settled, v_in_use
    from posthorn.claim_idempotency_keys(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes) as c;
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
    where i.request <> all (v_settled) and i.request <> all (v_in_use)
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
    select case when p_is_from_sql then posthorn.defer_deliveries(active.ids)
      else posthorn.enqueue_deliveries(active.ids) end
    from (
      select array_agg(t.delivery_id order by t.event_id) filter (where t.status = 'active') as ids
      from target as t
    ) as active
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

  if v_has_keys then
    delete from posthorn.idempotency_keys as k
    using unnest(p_tenants, p_idempotency_keys, p_event_ids, p_requests)
      as i (tenant, key, event_id, request)
    where k.tenant = i.tenant and k.key = i.key and k.event_ids[1] = i.event_id
      and not exists (select from posthorn.events as e where e.id = i.event_id);

    return query
    select r.*, null::uuid, null::bigint
    from posthorn.replay_idempotent(
      p_event_ids, p_requests, p_tenants, p_idempotency_keys, p_request_hashes, v_settled) as r;

    return query
    select i.ordinal::integer, 'in_use', null::uuid, null::uuid, 0, null::uuid, null::bigint
    from unnest(p_requests) with ordinality as i (request, ordinal)
    where i.request = any (v_in_use);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.add_alert(p_alert json)
 RETURNS void
 LANGUAGE sql
AS $function$
  select posthorn_queue.add_job('alert', p_alert, max_attempts := 1000)
$function$
;

CREATE OR REPLACE FUNCTION posthorn.add_counts(a integer[], b integer[])
 RETURNS integer[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select array(
    select coalesce(t.a, 0) + coalesce(t.b, 0)
    from unnest(a, b) with ordinality as t (a, b, position)
    order by position
  )
$function$
;

CREATE OR REPLACE FUNCTION posthorn.add_deliveries(p_event_ids uuid[], p_tenant text, p_subscription_id uuid, p_is_held boolean)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
AS $function$
declare
  v_ids uuid[];
begin
  with added as (
    insert into posthorn.deliveries (
      id, tenant, event_id, subscription_id, event_type, ordering_key, reason, parked)
    select posthorn.uuid_sibling(e.id), e.tenant, e.id, p_subscription_id, e.event_type,
      -- With a reason from the start: among those without one, who looks for what is queued
      -- looks at new ids alone, and these are as old as their events.
      e.ordering_key, case when p_is_held then 'subscription_paused' else 'released' end, p_is_held
    from posthorn.events as e
    where e.id = any (p_event_ids) and e.tenant = p_tenant
      and not exists (
        select from posthorn.deliveries as d
        where d.id >= posthorn.uuid_first_sibling(e.id)
          and d.id <= posthorn.uuid_last_sibling(e.id)
          and d.event_id = e.id
          and d.subscription_id = p_subscription_id
      )
    returning id, event_id
  ),
  -- Their period may be over, and about to be dropped.
  reopened as (
    insert into posthorn.reopened_deliveries (delivery_id) select id from added
  )
  select array_agg(a.id order by a.event_id) into v_ids from added as a;

  if not p_is_held then
    perform posthorn.enqueue_deliveries(v_ids);
  end if;
  return query select unnest(v_ids);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.add_rollups(p_tenants text[], p_subscription_ids uuid[], p_widths_seconds integer[], p_ats timestamp with time zone[], p_events integer[], p_deliveries integer[], p_attempts integer[], p_delivered integer[], p_latencies text[], p_filtered integer[] DEFAULT '{}'::integer[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  insert into posthorn.tenant_rollups as r (
    tenant, width_seconds, at, events, deliveries, attempts, delivered, latencies, filtered)
  select i.tenant, i.width_seconds, i.at, i.events, i.deliveries, i.attempts, i.delivered,
    i.latencies::integer[], coalesce(i.filtered, 0)
  from unnest(
    p_tenants, p_subscription_ids, p_widths_seconds, p_ats, p_events, p_deliveries, p_attempts,
    p_delivered, p_latencies, p_filtered
  ) as i (
    tenant, subscription_id, width_seconds, at, events, deliveries, attempts, delivered, latencies,
    filtered
  )
  where i.subscription_id is null
  order by i.tenant, i.width_seconds, i.at
  on conflict (tenant, width_seconds, at) do update
  set events = r.events + excluded.events,
    deliveries = r.deliveries + excluded.deliveries,
    attempts = r.attempts + excluded.attempts,
    delivered = r.delivered + excluded.delivered,
    latencies = posthorn.add_counts(r.latencies, excluded.latencies),
    filtered = r.filtered + excluded.filtered;

  insert into posthorn.subscription_rollups as r (
    tenant, subscription_id, width_seconds, at, deliveries, attempts, delivered, latencies, filtered)
  select i.tenant, i.subscription_id, i.width_seconds, i.at, i.deliveries, i.attempts,
    i.delivered, i.latencies::integer[], coalesce(i.filtered, 0)
  from unnest(
    p_tenants, p_subscription_ids, p_widths_seconds, p_ats, p_deliveries, p_attempts,
    p_delivered, p_latencies, p_filtered
  ) as i (
    tenant, subscription_id, width_seconds, at, deliveries, attempts, delivered, latencies, filtered
  )
  where i.subscription_id is not null
  order by i.subscription_id, i.width_seconds, i.at
  on conflict (subscription_id, width_seconds, at) do update
  set deliveries = r.deliveries + excluded.deliveries,
    attempts = r.attempts + excluded.attempts,
    delivered = r.delivered + excluded.delivered,
    latencies = posthorn.add_counts(r.latencies, excluded.latencies),
    filtered = r.filtered + excluded.filtered;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.assert_registered(p_worker text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform from posthorn.workers where pool_id = p_worker for key share;
  if not found then
    raise exception 'worker % is not on the register', p_worker using errcode = 'PH001';
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.build_kept(p_period text, p_keeps boolean)
 RETURNS bigint
 LANGUAGE plpgsql
 SET enable_seqscan TO 'on'
 SET enable_hashjoin TO 'off'
 SET enable_mergejoin TO 'off'
 SET jit TO 'off'
AS $function$
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

  -- Spares attaching the look at every row.
  foreach v_parent in array array['deliveries', 'events', 'attempts'] loop
    execute format('alter table posthorn.%I add constraint is_of_period check (%I >= %L and %2$I < %4$L)',
      v_parent || '_kept_' || p_period,
      case v_parent when 'attempts' then 'delivery_id' else 'id' end, v_from, v_until);
    execute format('analyze posthorn.%I', v_parent || '_kept_' || p_period);
  end loop;
  return v_count;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.cancel_delivery(p_id uuid, p_tenant text, p_workers text[], p_until timestamp with time zone)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  -- A worker that registers after this reads the delivery as it is left here.
  perform pg_advisory_xact_lock_shared(hashtext('posthorn'), hashtext('workers'));
  perform posthorn.lock_orders(array[p_id]);
  perform from posthorn.deliveries where id = p_id for update;

  update posthorn.deliveries as d
  set status = 'cancelled', reason = 'cancelled_by_request', next_attempt_at = null,
    parked = false, leased_by = null, completed_at = now()
  where d.id = p_id
    and (p_tenant is null or d.tenant = p_tenant)
    and case
      when d.status = 'delivering' then d.next_attempt_at <= now()
        and not exists (select from posthorn.workers as w where w.pool_id = d.leased_by)
      when d.status <> 'pending' then false
      when d.parked or d.next_attempt_at is not null then true
      else clock_timestamp() < p_until
        and not exists (select from posthorn.workers as w where w.pool_id <> all (p_workers))
    end;
  return found;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.check_event(p_event_type text, p_payload text, p_tenant text, p_idempotency_key text, p_ordering_key text, p_headers jsonb)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_problem record;
begin
  if p_event_type is null or p_event_type !~ '^[A-Za-z0-9._:/-]{1,128}$' then
    raise exception 'event_type must be 1 to 128 letters, digits or ._:/-'
      using errcode = '22023';
  end if;
  if starts_with(p_event_type, 'posthorn.') then
    raise exception 'event_type must not begin with posthorn., which Posthorn''s own events do'
      using errcode = '22023', hint = 'Publish it under a name of your own.';
  end if;
  if p_payload is null or octet_length(p_payload) > 1048576 then
    raise exception 'payload must be JSON of at most 1 MiB' using errcode = '22023',
      hint = 'Publish a reference to what is larger, or several events.';
  end if;
  if p_tenant is null or p_tenant !~ '^[A-Za-z0-9._:-]{1,128}$' then
    raise exception 'tenant must be 1 to 128 letters, digits or ._:-' using errcode = '22023',
      hint = 'Leave it out for the tenant "default".';
  end if;
  if p_idempotency_key !~ '^[ -~]{1,255}$' then
    raise exception 'idempotency_key must be 1 to 255 printable ASCII characters'
      using errcode = '22023';
  end if;
  if length(p_ordering_key) not between 1 and 256 then
    raise exception 'ordering_key must be 1 to 256 characters' using errcode = '22023';
  end if;
  if p_headers is null then
    return;
  end if;
  if jsonb_typeof(p_headers) <> 'object' then
    raise exception 'headers must be an object of strings' using errcode = '22023';
  end if;
  if (select count(*) from jsonb_object_keys(p_headers)) > 50 then
    raise exception 'headers must be 50 or fewer' using errcode = '22023';
  end if;
  select * into v_problem from posthorn.header_problems(p_headers) limit 1;
  if found then
    raise exception 'headers: the header % %', to_json(v_problem.name), v_problem.reason
      using errcode = '22023', hint = 'Leave it out, or send it in the payload.';
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.check_publisher(p_tenant text)
 RETURNS void
 LANGUAGE plpgsql
 STABLE
AS $function$
declare
  v_caller constant name :=
    case current_setting('role') when 'none' then session_user else current_setting('role') end;
begin
  if pg_has_role(v_caller, current_user, 'usage') then
    return;
  end if;
  perform from posthorn.publishers as p
  where (p.tenant is null or p.tenant = p_tenant)
    and pg_has_role(v_caller, to_regrole(quote_ident(p.role_name)), 'usage');
  if not found then
    raise exception 'tenant: the role % may not publish for %', to_json(v_caller), to_json(p_tenant)
      using errcode = '42501', hint = format(
        'An operator allows it with: posthorn grant-publisher %s --tenant %s', v_caller, p_tenant);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.claim_free_idempotency_keys(p_event_ids uuid[], p_requests integer[], p_tenants text[], p_keys text[], p_hashes text[])
 RETURNS integer[]
 LANGUAGE plpgsql
 SET lock_timeout TO '1ms'
AS $function$
declare
  v_most_waits constant integer := 8;
  v_waits integer := 0;
  v_tenant text;
  v_in_use integer[] := '{}';
  v_claim record;
begin
  for v_claim in
    select i.tenant, i.key, array_agg(i.request order by i.ordinal) as requests,
      (array_agg(i.hash order by i.ordinal))[1] as hash
    from unnest(p_requests, p_tenants, p_keys, p_hashes)
      with ordinality as i (request, tenant, key, hash, ordinal)
    where i.key is not null
    group by i.tenant, i.key
    order by i.tenant, random()
  loop
    if v_claim.tenant is distinct from v_tenant then
      v_tenant := v_claim.tenant;
      v_waits := 0;
    end if;
    if v_waits = v_most_waits then
      v_in_use := v_in_use || v_claim.requests;
      continue;
    end if;
    begin
      insert into posthorn.idempotency_keys (tenant, key, request_hash, event_ids)
      values (v_claim.tenant, v_claim.key, v_claim.hash,
        posthorn.request_event_ids(p_event_ids, p_requests, v_claim.requests[1]))
      on conflict do nothing;
    exception when lock_not_available then
      v_waits := v_waits + 1;
      v_in_use := v_in_use || v_claim.requests;
    end;
  end loop;
  return v_in_use;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.claim_idempotency_keys(p_event_ids uuid[], p_requests integer[], p_tenants text[], p_keys text[], p_hashes text[], OUT settled integer[], OUT in_use integer[])
 RETURNS record
 LANGUAGE plpgsql
 SET lock_timeout TO '5ms'
AS $function$
begin
  in_use := '{}';
  begin
    -- In one order, so that two batches never deadlock.
    insert into posthorn.idempotency_keys (tenant, key, request_hash, event_ids)
    select i.tenant, i.key, i.hash, posthorn.request_event_ids(p_event_ids, p_requests, i.request)
    from unnest(p_requests, p_tenants, p_keys, p_hashes) as i (request, tenant, key, hash)
    where i.key is not null
    order by i.tenant, i.key
    on conflict do nothing;
  exception when lock_not_available then
    in_use := posthorn.claim_free_idempotency_keys(
      p_event_ids, p_requests, p_tenants, p_keys, p_hashes);
  end;

  settled := array(
    select i.request
    from unnest(p_event_ids, p_requests, p_tenants, p_keys) as i (event_id, request, tenant, key)
    join posthorn.idempotency_keys as k on k.tenant = i.tenant and k.key = i.key
    where k.event_ids[1] <> i.event_id and i.request <> all (in_use)
  );
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.defer_deliveries(p_ids uuid[])
 RETURNS void
 LANGUAGE sql
AS $function$
  insert into posthorn.outbox (delivery_ids)
  select p_ids[first : first + 255]
  from generate_series(1, cardinality(p_ids), 256) as first
$function$
;

CREATE OR REPLACE FUNCTION posthorn.denied_headers()
 RETURNS TABLE(pattern text, reason text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select d.pattern, r.reason
  from (values
    ('is set by the connection', array['connection', 'content-encoding', 'content-length', 'expect',
      'host', 'http2-settings', 'keep-alive', 'te', 'trailer', 'transfer-encoding', 'upgrade', 'via']),
    ('is set by the service', array['stripe-signature', 'user-agent', 'x-attempt', 'x-delivery-id',
      'x-event-type', 'webhook-*', 'x-hub-signature*']),
    ('speaks about the origin of the request', array['forwarded', 'true-client-ip', 'x-real-ip',
      'x-forwarded-*', 'proxy-*']),
    ('is reserved for metadata services', array['metadata', 'metadata-flavor',
      'x-aws-ec2-metadata-*', 'x-google-metadata-*'])
  ) as r (reason, patterns)
  cross join unnest(r.patterns) as d (pattern)
$function$
;

CREATE OR REPLACE FUNCTION posthorn.drain_spec(p_subscription_id uuid, p_wait_ms integer)
 RETURNS posthorn_queue.job_spec
 LANGUAGE sql
 STABLE
AS $function$
  select row(
    'drain', json_build_object('subscription_id', p_subscription_id), null,
    now() + p_wait_ms * interval '1 millisecond', 1000,
    'drain:' || p_subscription_id, null, null
  )::posthorn_queue.job_spec
$function$
;

CREATE OR REPLACE FUNCTION posthorn.end_deliveries(p_ids uuid[], p_statuses text[], p_reasons text[])
 RETURNS void
 LANGUAGE sql
AS $function$
  select posthorn.lock_orders(p_ids);

  update posthorn.deliveries as d
  set status = e.status, reason = e.reason, next_attempt_at = null, parked = false,
    leased_by = null, completed_at = now()
  from unnest(p_ids, p_statuses, p_reasons) as e (id, status, reason)
  where d.id = e.id and d.status in ('pending', 'delivering')
$function$
;

CREATE OR REPLACE FUNCTION posthorn.end_deliveries(p_worker text, p_ids uuid[], p_statuses text[], p_reasons text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  perform posthorn.end_deliveries(p_ids, p_statuses, p_reasons);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.end_waiting(p_subscription_id uuid, p_status text, p_reason text, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_ids uuid[];
begin
  select array_agg(d.id) into v_ids
  from (
    select id
    from posthorn.deliveries
    where subscription_id = p_subscription_id
      and (parked or next_attempt_at is not null)
      and status = 'pending'
    limit p_limit
  ) as d;

  perform posthorn.lock_orders(v_ids);
  update posthorn.deliveries
  set status = p_status, reason = p_reason, next_attempt_at = null, parked = false,
    leased_by = null, completed_at = now()
  where id = any (v_ids) and (parked or next_attempt_at is not null) and status = 'pending';
  return coalesce(cardinality(v_ids), 0);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.ended_periods(p_before timestamp with time zone, p_failed_before timestamp with time zone)
 RETURNS TABLE(period text, keeps boolean)
 LANGUAGE sql
 STABLE
AS $function$
  select t.period, min(t.ends_at) > p_failed_before
  from posthorn.period_tables as t
  where t.is_attached and t.ends_at <= case when t.is_kept then p_failed_before else p_before end
  group by t.period
  order by t.period
$function$
;

CREATE OR REPLACE FUNCTION posthorn.enqueue_deliveries(p_ids uuid[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_ids is null then
    return;
  end if;
  perform posthorn_queue.add_jobs(array(
    select row(
      'deliver', json_build_object('deliveries', p_ids[first : first + 255]),
      null, null, 1000, null, null, null
    )::posthorn_queue.job_spec
    from generate_series(1, cardinality(p_ids), 256) as first
  ));
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.ensure_partitions(p_from timestamp with time zone, p_until timestamp with time zone)
 RETURNS text[]
 LANGUAGE plpgsql
AS $function$
declare
  v_width constant interval := interval '12 hours';
  v_parent text;
  v_name text;
  v_start timestamptz;
  v_created text[] := '{}';
begin
  perform pg_advisory_xact_lock(hashtext('posthorn'), hashtext('ensure_partitions'));
  v_start := date_bin(v_width, p_from, timestamptz '2020-01-01 00:00:00+00');
  while v_start <= p_until loop
    foreach v_parent in array array['events', 'deliveries', 'attempts'] loop
      v_name := v_parent || '_' || to_char(v_start at time zone 'UTC', 'YYYYMMDD_HH24');
      -- What is left of a period that clean-up has been at has its place.
      if to_regclass('posthorn.' || v_name) is null
        and to_regclass(format('posthorn.%s_kept_%s', v_parent, right(v_name, 11))) is null
      then
        execute format('create table posthorn.%I (like posthorn.%I including all)', v_name, v_parent);
        if v_parent = 'events' then
          execute format(
            'alter table posthorn.%I set (autovacuum_vacuum_insert_scale_factor = 0.5)', v_name);
        elsif v_parent = 'deliveries' then
          -- Room on each page for the one update that every delivery gets.
          execute format('alter table posthorn.%I set (fillfactor = 60,'
            ' autovacuum_vacuum_scale_factor = 0.5)', v_name);
        end if;
        execute format('alter table posthorn.%I attach partition posthorn.%I for values from (%L) to (%L)',
          v_parent, v_name, posthorn.uuid_floor(v_start), posthorn.uuid_floor(v_start + v_width));
        v_created := v_created || v_name;
      end if;
    end loop;
    v_start := v_start + v_width;
  end loop;
  return v_created;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.enter_register(p_pool_id text, p_lock_key integer, p_host text, p_process_id integer, p_version text, p_key_ids text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_advisory_xact_lock(hashtext('posthorn'), hashtext('workers'));
  insert into posthorn.workers (pool_id, lock_key, host, process_id, version, key_ids)
  values (p_pool_id, p_lock_key, p_host, p_process_id, p_version, p_key_ids);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.expire_parked(p_before timestamp with time zone, p_failed_before timestamp with time zone, p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION posthorn.grant_publisher(p_role text, p_tenants text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  execute format('grant usage on schema posthorn to %I', p_role);
  execute format('grant execute on function'
    ' posthorn.publish(text, json, text, text, text, jsonb) to %I', p_role);
  insert into posthorn.publishers (role_name, tenant)
  select p_role, tenant from unnest(coalesce(p_tenants, array[null::text])) as tenant
  on conflict do nothing;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.header_problems(p_headers jsonb)
 RETURNS TABLE(name text, reason text)
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  with header as (
    select h.name, lower(h.name collate "C") as lower_name, jsonb_typeof(h.value) as type,
      h.value #>> '{}' as value,
      row_number() over (partition by lower(h.name collate "C") order by h.position) as occurrence,
      h.position
    from jsonb_each(p_headers) with ordinality as h (name, value, position)
  )
  select j.name, j.reason
  from (
    select h.name, h.position,
      case
        when h.occurrence > 1 then 'is given twice'
        when h.name !~ '^[!#$%&''*+.^_`|~0-9A-Za-z-]+$' then 'has a name that HTTP does not allow'
        when length(h.name) > 128 then 'has a name of more than 128 characters'
        when d.reason is not null then d.reason
        when h.type <> 'string' then 'has a value that is not a string'
        when h.value !~ '^[\t -~]*$' then 'has a value with characters other than printable ASCII'
        when length(h.value) > 1024 then 'has a value of more than 1,024 characters'
      end as reason
    from header as h
    left join lateral (
      select denied.reason
      from posthorn.denied_headers() as denied
      where h.lower_name = denied.pattern
        or (denied.pattern like '%*' and starts_with(h.lower_name, rtrim(denied.pattern, '*')))
      limit 1
    ) as d on true
  ) as j
  where j.reason is not null
  order by j.position
$function$
;

CREATE OR REPLACE FUNCTION posthorn.is_planned(p_job_key text)
 RETURNS boolean
 LANGUAGE sql
 STABLE
AS $function$
  select exists (
    select from posthorn_queue._private_jobs as j where j.key = p_job_key and j.is_available)
$function$
;

CREATE OR REPLACE FUNCTION posthorn.lease_deliveries(p_worker text, p_delivery_ids uuid[], p_attempt_counts smallint[], p_leases_ms integer[])
 RETURNS SETOF uuid
 LANGUAGE plpgsql
AS $function$
declare
  v_leased uuid[];
  v_moments timestamptz[];
begin
  perform posthorn.assert_registered(p_worker);

  with leased as (
    update posthorn.deliveries as d
    set status = 'delivering', reason = 'in_flight', leased_by = p_worker, parked = false,
      next_attempt_at = now() + l.lease_ms * interval '1 millisecond'
    from unnest(p_delivery_ids, p_attempt_counts, p_leases_ms)
      as l (delivery_id, attempt_count, lease_ms)
    where d.id = l.delivery_id and d.attempt_count = l.attempt_count and d.status = 'pending'
    returning d.id, d.next_attempt_at
  )
  select array_agg(l.id), array_agg(distinct l.next_attempt_at)
  into v_leased, v_moments
  from leased as l;

  if v_moments is not null then
    perform posthorn.schedule_promotions(v_moments);
  end if;
  return query select unnest(v_leased);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.like_patterns(event_types text[])
 RETURNS text[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select case when event_types is null then null else array(
    select replace(replace(pattern, '_', '\_'), '*', '%')
    from unnest(event_types) with ordinality as t (pattern, position)
    order by position
  ) end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.load_deliveries(p_ids uuid[])
 RETURNS TABLE(delivery_id uuid, tenant text, event_id uuid, subscription_id uuid, subscription_version bigint, attempt_count smallint, attempt_base smallint, event_type text, is_next_in_order boolean)
 LANGUAGE sql
 STABLE
AS $function$
  select d.id, d.tenant, d.event_id, d.subscription_id,
    s.version, d.attempt_count, d.attempt_base, d.event_type,
    d.ordering_key is null or not exists (
      select from posthorn.ordered_deliveries as o
      where o.subscription_id = d.subscription_id
        and o.ordering_key = d.ordering_key
        and o.delivery_id < d.id
    )
  from posthorn.deliveries as d
  left join posthorn.subscriptions as s on s.id = d.subscription_id
  where d.id = any (p_ids)
    and d.status = 'pending' and not d.parked and d.next_attempt_at is null
  order by d.id
$function$
;

CREATE OR REPLACE FUNCTION posthorn.load_deliveries(p_ids uuid[], p_tickets integer[])
 RETURNS TABLE(delivery_id uuid, tenant text, event_id uuid, subscription_id uuid, subscription_version bigint, attempt_count smallint, attempt_base smallint, event_type text, is_next_in_order boolean)
 LANGUAGE sql
 STABLE
AS $function$
  select d.id, d.tenant, d.event_id, d.subscription_id,
    s.version, d.attempt_count, d.attempt_base, d.event_type,
    d.ordering_key is null or not exists (
      select from posthorn.ordered_deliveries as o
      where o.subscription_id = d.subscription_id
        and o.ordering_key = d.ordering_key
        and o.delivery_id < d.id
    )
  from posthorn.deliveries as d
  left join posthorn.subscriptions as s on s.id = d.subscription_id
  where d.id = any (p_ids)
    and d.status = 'pending' and not d.parked and d.next_attempt_at is null
    and case when p_tickets is null then d.queue_ticket = 0
      else (d.id, d.queue_ticket) in (select * from unnest(p_ids, p_tickets)) end
  order by d.id
$function$
;

CREATE OR REPLACE FUNCTION posthorn.lock_orders(p_ids uuid[])
 RETURNS void
 LANGUAGE sql
AS $function$
  select pg_advisory_xact_lock(hashtext('posthorn.ordering'), o.lock)
  from (
    select distinct hashtext(subscription_id || ordering_key) as lock
    from posthorn.ordered_deliveries
    where delivery_id = any (p_ids)
    order by lock
  ) as o
$function$
;

CREATE OR REPLACE FUNCTION posthorn.next_tenant(p_after text)
 RETURNS text
 LANGUAGE sql
 STABLE
AS $function$
  select least(
    (select min(tenant) from posthorn.subscriptions where tenant > p_after),
    (select min(tenant) from posthorn.tenant_rollups where tenant > p_after),
    (select min(tenant) from posthorn.api_keys where tenant > p_after and revoked_at is null),
    (select min(tenant) from posthorn.portal_sessions where tenant > p_after)
  )
$function$
;

CREATE OR REPLACE FUNCTION posthorn.park_deliveries(p_ids uuid[], p_reasons text[], p_waits_ms integer[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_drains posthorn_queue.job_spec[];
begin
  if 'awaiting_order' = any (p_reasons) then
    perform posthorn.lock_orders(p_ids);
  end if;

  with parked as (
    update posthorn.deliveries as d
    set parked = true, reason = p.reason, next_attempt_at = null
    from unnest(p_ids, p_reasons, p_waits_ms) as p (id, reason, wait_ms)
    where d.id = p.id and d.status = 'pending' and d.next_attempt_at is null
    returning d.subscription_id, p.wait_ms
  ),
  subscription as (
    select subscription_id, min(wait_ms) as wait_ms
    from parked
    where wait_ms is not null
    group by subscription_id
    order by subscription_id
  )
  select array_agg(posthorn.drain_spec(subscription_id, wait_ms)) into v_drains
  from subscription
  where wait_ms <= 1000 or not posthorn.is_planned('drain:' || subscription_id);

  if v_drains is not null then
    perform posthorn_queue.add_jobs(v_drains, true);
  end if;

  perform posthorn.release_next_in_order(d.subscription_id, d.ordering_key)
  from posthorn.deliveries as d
  join unnest(p_ids, p_reasons) as p (id, reason) on p.id = d.id
  where p.reason = 'awaiting_order' and d.ordering_key is not null
  group by d.subscription_id, d.ordering_key
  order by d.subscription_id, d.ordering_key;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.park_deliveries(p_worker text, p_ids uuid[], p_reasons text[], p_waits_ms integer[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  perform posthorn.park_deliveries(p_ids, p_reasons, p_waits_ms);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.period_start(p_period text)
 RETURNS timestamp with time zone
 LANGUAGE sql
 STABLE
AS $function$
  select to_timestamp(p_period, 'YYYYMMDD_HH24')::timestamp at time zone 'UTC'
$function$
;

CREATE OR REPLACE FUNCTION posthorn.promote_due(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with due as (
    select id
    from posthorn.deliveries
    where next_attempt_at <= now()
    order by next_attempt_at
    limit p_limit
    for update skip locked
  ),
  moved as (
    update posthorn.deliveries as d
    set status = 'pending', next_attempt_at = null, leased_by = null,
      queue_ticket = d.queue_ticket + 1
    from due
    where d.id = due.id
    returning d.id, d.queue_ticket
  )
  select array_agg(id order by id), array_agg(queue_ticket order by id)
  into v_ids, v_tickets
  from moved;

  perform posthorn.requeue_deliveries(v_ids, v_tickets);
  return coalesce(cardinality(v_ids), 0);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.publish(event_type text, payload json, tenant text DEFAULT 'default'::text, idempotency_key text DEFAULT NULL::text, ordering_key text DEFAULT NULL::text, headers jsonb DEFAULT NULL::jsonb)
 RETURNS uuid
 LANGUAGE plpgsql
 SECURITY DEFINER
 SET search_path TO 'pg_catalog', 'pg_temp'
 SET standard_conforming_strings TO 'on'
 SET array_nulls TO 'on'
 SET "DateStyle" TO 'ISO, YMD'
 SET plan_cache_mode TO 'force_generic_plan'
 SET enable_seqscan TO 'off'
 SET jit TO 'off'
AS $function$
declare
  v_payload constant text := payload::text;
  v_event_id uuid := posthorn.uuid_v7();
  v_hash text;
  v_first record;
begin
  perform posthorn.check_event(
    publish.event_type, v_payload, publish.tenant, publish.idempotency_key, publish.ordering_key,
    publish.headers);
  perform posthorn.check_publisher(publish.tenant);
  perform from posthorn.event_types as t
  where t.tenant = publish.tenant and t.name = publish.event_type and t.enforce = 'reject';
  if found then
    raise exception 'event_type: payloads of % have to keep to its schema, which SQL cannot judge',
      publish.event_type
      using errcode = '0A000',
        hint = 'Publish it with POST /events, or set the type''s enforce to warn or off.';
  end if;

  while publish.idempotency_key is not null loop
    v_hash := encode(sha256(convert_to(concat_ws(e'\n', publish.event_type, v_payload,
      json_build_array(publish.ordering_key, publish.headers)), 'UTF8')), 'hex');
    -- Read only where it was taken before: a serializable transaction that has read the keys fails
    -- over others that write some.
    insert into posthorn.idempotency_keys (tenant, key, request_hash, event_ids)
    values (publish.tenant, publish.idempotency_key, v_hash, array[v_event_id])
    on conflict do nothing;
    exit when found;
    select k.event_ids[1] as event_id, k.request_hash = v_hash as is_same into v_first
    from posthorn.idempotency_keys as k
    where k.tenant = publish.tenant and k.key = publish.idempotency_key;
    if v_first.is_same then
      return v_first.event_id;
    elsif not v_first.is_same then
      raise exception 'idempotency_key: % was used for another event',
        to_json(publish.idempotency_key)
        using errcode = '23505', hint = 'Use one key for one event; leave it out if none is needed.';
    end if;
    -- Clean-up has just removed it.
  end loop;

  perform posthorn.accept_events(
    array[v_event_id], array[1], array[publish.tenant], array[publish.event_type],
    v_payload, array[octet_length(v_payload)], array[publish.headers::text],
    array[publish.ordering_key], array[null::uuid], array[null::bigint],
    array[publish.idempotency_key], array[v_hash], true);
  return v_event_id;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.queue_outbox(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_ids uuid[];
  v_count integer;
begin
  with taken as (
    delete from posthorn.outbox
    where id = any (array(
      select id from posthorn.outbox order by id limit p_limit for update skip locked))
    returning id, delivery_ids
  )
  select array_agg(d.id order by t.id, d.position), count(distinct t.id)
  into v_ids, v_count
  from taken as t
  cross join unnest(t.delivery_ids) with ordinality as d (id, position);

  perform posthorn.enqueue_deliveries(v_ids);
  return v_count;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.reap_workers(p_beat_limit interval)
 RETURNS SETOF text
 LANGUAGE plpgsql
AS $function$
declare
  v_dead text[];
begin
  select array_agg(w.pool_id) into v_dead
  from (
    select pool_id, lock_key, beat_at
    from posthorn.workers
    order by pool_id
    for update skip locked
  ) as w
  where w.beat_at < clock_timestamp() - p_beat_limit
    or pg_try_advisory_xact_lock(hashtext('posthorn.worker'), w.lock_key);

  if v_dead is not null then
    perform posthorn.retire_workers(v_dead);
    return query select unnest(v_dead);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.rearm_deliveries(p_ids uuid[], p_statuses text[], p_is_held boolean)
 RETURNS SETOF uuid
 LANGUAGE plpgsql
AS $function$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with rearmed as (
    update posthorn.deliveries as d
    set status = 'pending',
      reason = case when p_is_held then 'subscription_paused' else 'released' end,
      parked = p_is_held,
      attempt_base = d.attempt_count,
      completed_at = null,
      queue_ticket = d.queue_ticket + 1
    where d.id = any (p_ids) and d.completed_at is not null
      and case d.reason when 'filtered' then d.reason else d.status end = any (p_statuses)
    returning d.id, d.tenant, d.subscription_id, d.ordering_key, d.queue_ticket
  ),
  -- Ending took them out of the line of their ordering key.
  ordered as (
    insert into posthorn.ordered_deliveries (tenant, subscription_id, ordering_key, delivery_id)
    select r.tenant, r.subscription_id, r.ordering_key, r.id
    from rearmed as r
    where r.ordering_key is not null
    on conflict do nothing
  )
  select array_agg(r.id order by r.id), array_agg(r.queue_ticket order by r.id)
  into v_ids, v_tickets
  from rearmed as r;

  if not p_is_held then
    perform posthorn.requeue_deliveries(v_ids, v_tickets);
  end if;
  return query select unnest(v_ids);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.record_attempts(p_worker text, p_delivery_ids uuid[], p_attempt_numbers smallint[], p_outcomes text[], p_status_codes smallint[], p_durations_ms integer[], p_ages_ms integer[], p_error_kinds text[], p_error_messages text[], p_response_headers text[], p_response_bodies text[], p_target_urls text[], p_statuses text[], p_reasons text[], p_waits_ms bigint[])
 RETURNS SETOF uuid
 LANGUAGE plpgsql
AS $function$
declare
  v_recorded uuid[];
  v_waiting uuid[];
  v_succeeded uuid[];
  v_moments timestamptz[];
begin
  if p_worker is not null then
    perform posthorn.assert_registered(p_worker);
  end if;
  if exists (select from posthorn.ordered_deliveries) then
    perform posthorn.lock_orders(p_delivery_ids);
  end if;

  with result as (
    select *
    from unnest(
      p_delivery_ids, p_attempt_numbers, p_outcomes, p_status_codes, p_durations_ms, p_ages_ms,
      p_error_kinds, p_error_messages, p_response_headers, p_response_bodies, p_target_urls,
      p_statuses, p_reasons, p_waits_ms
    ) as r (
      delivery_id, attempt_number, outcome, status_code, duration_ms, age_ms,
      error_kind, error_message, response_headers, response_body, target_url,
      status, reason, wait_ms
    )
  ),
  recorded as (
    update posthorn.deliveries as d
    set status = case
        when d.completed_at is null or r.status = 'delivered' then r.status else d.status end,
      reason = case
        when d.completed_at is null or r.status = 'delivered' then r.reason else d.reason end,
      attempt_count = r.attempt_number,
      status_code = r.status_code,
      next_attempt_at = case when d.completed_at is null
        then now() + r.wait_ms * interval '1 millisecond' end,
      parked = false,
      leased_by = null,
      completed_at = coalesce(d.completed_at, case when r.status <> 'pending' then now() end)
    from result as r
    where d.id = r.delivery_id
      and d.attempt_count = r.attempt_number - 1
      and d.status in ('pending', 'delivering', 'cancelled', 'discarded')
    returning d.id, d.tenant, d.event_id, d.subscription_id, d.next_attempt_at, r.*
  ),
  logged as (
    insert into posthorn.attempts (
      delivery_id, attempt_number, tenant, event_id, subscription_id, outcome, status_code,
      duration_ms, error_kind, error_message, response_headers, response_body, target_url,
      started_at)
    select r.id, r.attempt_number, r.tenant, r.event_id, r.subscription_id, r.outcome,
      r.status_code, r.duration_ms, r.error_kind, r.error_message, r.response_headers::json,
      r.response_body, r.target_url, clock_timestamp() - r.age_ms * interval '1 millisecond'
    from recorded as r
  ),
  failing as (
    insert into posthorn.subscription_failures as f (tenant, subscription_id, failures)
    select min(r.tenant), r.subscription_id, count(*)
    from recorded as r
    group by r.subscription_id
    having bool_and(r.outcome <> 'success')
    order by r.subscription_id
    on conflict (subscription_id) do update
    set failures = f.failures + excluded.failures, last_failed_at = now()
  )
  select array_agg(r.id),
    array_agg(r.id) filter (where r.next_attempt_at is not null),
    array_agg(distinct r.subscription_id) filter (where r.outcome = 'success'),
    array_agg(distinct r.next_attempt_at) filter (where r.next_attempt_at is not null)
  into v_recorded, v_waiting, v_succeeded, v_moments
  from recorded as r;

  if v_succeeded is not null and exists (select from posthorn.subscription_failures) then
    delete from posthorn.subscription_failures where subscription_id = any (v_succeeded);
  end if;
  if v_waiting is not null then
    perform posthorn.schedule_promotions(v_moments);
    -- Their subscription may have gone, or been disabled, while they were under way.
    perform posthorn.end_deliveries(
      array_agg(d.id),
      array_agg(case when s.id is null then 'cancelled' else 'discarded' end),
      array_agg(case when s.id is null then 'subscription_deleted' else 'subscription_disabled' end))
    from posthorn.deliveries as d
    left join posthorn.subscriptions as s on s.id = d.subscription_id
    where d.id = any (v_waiting) and (s.id is null or s.status = 'disabled')
    having count(*) > 0;
  end if;

  return query select unnest(v_recorded);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.release_next_in_order(p_subscription_id uuid, p_ordering_key text)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_next uuid;
  v_ticket integer;
begin
  perform pg_advisory_xact_lock(
    hashtext('posthorn.ordering'), hashtext(p_subscription_id || p_ordering_key));

  select delivery_id into v_next
  from posthorn.ordered_deliveries
  where subscription_id = p_subscription_id and ordering_key = p_ordering_key
  order by delivery_id
  limit 1;

  update posthorn.deliveries
  set parked = false, reason = 'released', queue_ticket = queue_ticket + 1
  where id = v_next and parked and reason = 'awaiting_order'
  returning queue_ticket into v_ticket;
  if found then
    perform posthorn.requeue_deliveries(array[v_next], array[v_ticket]);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.release_parked(p_subscription_id uuid, p_limit integer, p_next_drain_ms integer)
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with oldest as (
    select id
    from posthorn.deliveries
    where subscription_id = p_subscription_id and parked and reason <> 'awaiting_order'
    order by id
    limit p_limit
    for update skip locked
  ),
  released as (
    update posthorn.deliveries as d
    set parked = false, reason = 'released', queue_ticket = d.queue_ticket + 1
    from oldest
    where d.id = oldest.id
    returning d.id, d.queue_ticket
  )
  select array_agg(id order by id), array_agg(queue_ticket order by id)
  into v_ids, v_tickets
  from released;

  perform posthorn.requeue_deliveries(v_ids, v_tickets);
  if cardinality(v_ids) = p_limit then
    perform posthorn_queue.add_jobs(
      array[posthorn.drain_spec(p_subscription_id, p_next_drain_ms)], true);
  end if;
  return coalesce(cardinality(v_ids), 0);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.replay_idempotent(p_event_ids uuid[], p_requests integer[], p_tenants text[], p_keys text[], p_hashes text[], p_settled integer[])
 RETURNS TABLE(ordinal integer, outcome text, event_id uuid, delivery_id uuid, delivery_count integer)
 LANGUAGE sql
 STABLE
AS $function$
  with request as (
    select i.request, k.event_ids, k.request_hash = i.hash as is_same
    from unnest(p_requests, p_tenants, p_keys, p_hashes) as i (request, tenant, key, hash)
    left join posthorn.idempotency_keys as k on k.tenant = i.tenant and k.key = i.key
    where i.request = any (p_settled) and i.key is not null
  ),
  item as (
    select i.ordinal, i.request,
      row_number() over (partition by i.request order by i.ordinal) as position
    from unnest(p_requests) with ordinality as i (request, ordinal)
    where i.request = any (p_settled)
  ),
  answer as (
    select item.ordinal, request.is_same, request.event_ids[item.position] as event_id
    from item join request using (request)
  )
  select a.ordinal::integer,
    case when a.is_same then 'replayed' when not a.is_same then 'conflict' else 'stale' end,
    case when a.is_same then a.event_id end,
    d.id,
    coalesce(d.deliveries, 0)
  from answer as a
  left join lateral (
    select min(d.id::text)::uuid as id, count(*)::integer as deliveries
    from posthorn.deliveries as d
    where d.id between posthorn.uuid_first_sibling(a.event_id)
      and posthorn.uuid_last_sibling(a.event_id)
      and d.event_id = a.event_id
  ) as d on a.is_same
$function$
;

CREATE OR REPLACE FUNCTION posthorn.replay_page(p_id uuid, p_after_id uuid, p_until_id uuid, p_ids uuid[], p_seen integer, p_is_last boolean)
 RETURNS text
 LANGUAGE plpgsql
AS $function$
declare
  v_replay posthorn.replays;
  v_subscription text;
  v_ids uuid[];
  v_is_held boolean;
  v_count integer;
begin
  select * into v_replay from posthorn.replays as r
  where r.id = p_id and r.position_id = p_after_id and r.status = 'running'
  for update;
  if not found then
    return null;
  end if;
  -- One page to a target at a time, or two replays could make the same delivery.
  perform pg_advisory_xact_lock(
    hashtext('posthorn.replay'), hashtext(v_replay.target_subscription_id::text));

  -- Whoever pauses, resumes or disables it comes before this page or after it.
  select s.status into v_subscription from posthorn.subscriptions as s
  where s.id = v_replay.target_subscription_id
  for share;
  if v_subscription is null or v_subscription = 'disabled' then
    update posthorn.replays as r
    set status = 'failed', updated_at = now(), completed_at = now(),
      failure = case when v_subscription is null then 'The target subscription was deleted.'
        else 'The target subscription is disabled.' end
    where r.id = p_id;
    return 'failed';
  end if;

  v_is_held := v_subscription = 'paused';
  if v_replay.source = 'deliveries' and v_replay.subscription_id = v_replay.target_subscription_id
  then
    v_ids := array(
      select posthorn.rearm_deliveries(p_ids, v_replay.statuses, v_is_held));
  else
    v_ids := array(
      select posthorn.add_deliveries(
        p_ids, v_replay.tenant, v_replay.target_subscription_id, v_is_held));
  end if;
  v_count := cardinality(v_ids);

  update posthorn.replays as r
  set position_id = p_until_id, page_after_id = p_after_id,
    page_queued = case when v_is_held then 0 else v_count end,
    seen = r.seen + p_seen, replayed = r.replayed + v_count,
    -- A run that comes late may make up for it, for two seconds at most.
    next_page_at = case when r.rate_limit is not null then
      greatest(coalesce(r.next_page_at, now()), now() - interval '2 seconds')
        + v_count * interval '1 second' / r.rate_limit end,
    status = case when p_is_last then 'completed' else 'running' end,
    updated_at = now(),
    completed_at = case when p_is_last then now() end
  where r.id = p_id;
  return case when p_is_last then 'completed' else 'running' end;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.replay_queued(p_id uuid, p_limit integer)
 RETURNS integer
 LANGUAGE sql
 STABLE
AS $function$
  select count(*)::integer
  from (
    select
    from posthorn.replays as r
    join posthorn.deliveries as d
      on d.subscription_id = r.target_subscription_id
      and d.id > posthorn.uuid_first_sibling(r.page_after_id)
      and d.id <= posthorn.uuid_last_sibling(r.position_id)
    where r.id = p_id
      and d.status = 'pending' and not d.parked and d.next_attempt_at is null
    limit p_limit
  ) as queued
$function$
;

CREATE OR REPLACE FUNCTION posthorn.request_event_ids(p_event_ids uuid[], p_requests integer[], p_request integer)
 RETURNS uuid[]
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select array_agg(e.event_id order by e.ordinal)
  from unnest(p_event_ids, p_requests) with ordinality as e (event_id, request, ordinal)
  where e.request = p_request
$function$
;

CREATE OR REPLACE FUNCTION posthorn.requeue_deliveries(p_ids uuid[], p_tickets integer[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  if p_ids is null then
    return;
  end if;
  perform posthorn_queue.add_jobs(array(
    select row(
      'deliver', json_build_object(
        'deliveries', p_ids[first : first + 255], 'tickets', p_tickets[first : first + 255]),
      null, null, 1000, null, null, null
    )::posthorn_queue.job_spec
    from generate_series(1, cardinality(p_ids), 256) as first
  ));
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.rescue_lost(p_limit integer)
 RETURNS integer
 LANGUAGE plpgsql
 SET enable_seqscan TO 'on'
 SET enable_hashjoin TO 'on'
AS $function$
declare
  v_ids uuid[];
  v_tickets integer[];
begin
  with carried as (
    select c.id::uuid as id, coalesce(c.ticket::integer, 0) as queue_ticket
    from posthorn_queue._private_jobs as j
    join posthorn_queue._private_tasks as t on t.id = j.task_id
    cross join lateral rows from (
      json_array_elements_text(j.payload -> 'deliveries'),
      json_array_elements_text(j.payload -> 'tickets')
    ) as c (id, ticket)
    where t.identifier = 'deliver'
  ),
  lost as (
    select d.id
    from posthorn.deliveries as d
    where d.completed_at is null
      and d.status = 'pending' and not d.parked and d.next_attempt_at is null
      and d.id < posthorn.uuid_floor(now() - interval '1 hour')
      and not exists (
        select from carried as c where c.id = d.id and c.queue_ticket = d.queue_ticket)
    limit p_limit
    for update of d skip locked
  ),
  found as (
    update posthorn.deliveries as d
    set queue_ticket = d.queue_ticket + 1
    from lost
    where d.id = lost.id
    returning d.id, d.queue_ticket
  )
  select array_agg(id order by id), array_agg(queue_ticket order by id)
  into v_ids, v_tickets
  from found;

  perform posthorn.requeue_deliveries(v_ids, v_tickets);
  return coalesce(cardinality(v_ids), 0);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.retire_workers(p_pool_ids text[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
begin
  delete from posthorn.workers where pool_id = any (p_pool_ids);

  -- Leases end soon, so the index on the due time finds them among any number of retries.
  update posthorn.deliveries
  set next_attempt_at = now()
  where leased_by = any (p_pool_ids)
    and status = 'delivering'
    and next_attempt_at <= now() + interval '2 minutes';
  perform posthorn_queue.force_unlock_workers(p_pool_ids);

  -- Also wakes the workers that wait for jobs, which unlocking alone does not.
  perform posthorn.schedule_promotions(array[now() - interval '1 second']);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.revoke_publisher(p_role text, p_tenants text[])
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
begin
  delete from posthorn.publishers
  where role_name = p_role and (p_tenants is null or tenant = any (p_tenants));
  if exists (select from posthorn.publishers where role_name = p_role) then
    return true;
  end if;
  if not exists (
    select from pg_roles as r
    join pg_namespace as n on n.nspname = 'posthorn' and n.nspowner <> r.oid
    where r.rolname = p_role
  ) then
    return false;
  end if;
  execute format('revoke execute on function'
    ' posthorn.publish(text, json, text, text, text, jsonb) from %I', p_role);
  if not exists (
    select from pg_class as c
    where c.relnamespace = 'posthorn'::regnamespace and c.relkind in ('r', 'p', 'v')
      and has_table_privilege(p_role, c.oid, 'select, insert, update, delete')
  ) then
    execute format('revoke usage on schema posthorn from %I', p_role);
  end if;
  return false;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.schedule_promotions(p_moments timestamp with time zone[])
 RETURNS void
 LANGUAGE plpgsql
AS $function$
declare
  v_jobs posthorn_queue.job_spec[];
begin
  v_jobs := array(
    select row(
      'promote', json_build_object(), null, bucket.at, 1000,
      'promote:' || extract(epoch from bucket.at)::bigint, null, null
    )::posthorn_queue.job_spec
    from (
      select distinct date_bin(
        case
          when moment <= now() + interval '2 minutes' then interval '1 second'
          when moment <= now() + interval '20 minutes' then interval '10 seconds'
          else interval '1 minute'
        end, moment, timestamptz '2020-01-01 00:00:00+00'
      ) + case
          when moment <= now() + interval '2 minutes' then interval '1 second'
          when moment <= now() + interval '20 minutes' then interval '10 seconds'
          else interval '1 minute'
        end as at
      from unnest(p_moments) as moment
    ) as bucket
    -- One that is planned and more than a second away will see this transaction's rows;
    -- leaving it alone spares recorders waiting for each other on its row.
    where bucket.at <= now() + interval '1 second'
      or not posthorn.is_planned('promote:' || extract(epoch from bucket.at)::bigint)
    order by bucket.at
  );
  if cardinality(v_jobs) > 0 then
    perform posthorn_queue.add_jobs(v_jobs);
  end if;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.swap_period(p_period text, p_keeps boolean)
 RETURNS boolean
 LANGUAGE plpgsql
AS $function$
declare
  v_from constant uuid := posthorn.uuid_floor(posthorn.period_start(p_period));
  v_until constant uuid := posthorn.uuid_floor(
    posthorn.period_start(p_period) + interval '12 hours');
  v_table record;
begin
  -- Only vacuuming conflicts with this, and gives way to it after a second.
  perform set_config('lock_timeout', '5s', true);
  for v_table in
    select name from posthorn.period_tables where period = p_period and is_attached
  loop
    execute format('lock table posthorn.%I in share update exclusive mode', v_table.name);
  end loop;

  perform set_config('lock_timeout', '100ms', true);
  lock table only posthorn.deliveries, only posthorn.events, only posthorn.attempts
    in access exclusive mode;
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
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tell_failing(p_for interval, p_failures bigint)
 RETURNS void
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_api_keys_notify()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('posthorn:api_key', '');
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_deliveries_enter_order()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into posthorn.ordered_deliveries (tenant, subscription_id, ordering_key, delivery_id)
  values (new.tenant, new.subscription_id, new.ordering_key, new.id);
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_deliveries_leave_order()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_deliveries_reopened()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into posthorn.reopened_deliveries (delivery_id) values (new.id);
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_event_types_notify()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('posthorn:event_type', coalesce(new.tenant, old.tenant));
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_subscription_failures_recovered()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform posthorn.add_alert(json_build_object(
    'type', 'posthorn.subscription.recovered', 'tenant', old.tenant,
    'subscription_id', old.subscription_id, 'failing_since', old.failing_since,
    'failures', old.failures, 'at', now()));
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_subscriptions_alert()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if new.status = 'disabled' then
    perform posthorn.add_alert(json_build_object(
      'type', 'posthorn.subscription.disabled', 'tenant', new.tenant,
      'subscription_id', new.id, 'version', new.version, 'reason', new.disabled_reason,
      'at', now()));
  end if;
  -- Whoever pauses, resumes or disables it begins anew: that is no recovery.
  update posthorn.subscription_failures set told_at = null
  where subscription_id = new.id and told_at is not null;
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_subscriptions_event_types()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
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
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_subscriptions_notify()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  perform pg_notify('posthorn:subscription', coalesce(new.id, old.id)::text);
  return null;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.tg_subscriptions_version()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  new.version := old.version + 1;
  new.updated_at := now();
  return new;
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.unlock_orphaned_jobs()
 RETURNS integer
 LANGUAGE plpgsql
AS $function$
declare
  v_orphans text[];
begin
  select array_agg(distinct j.locked_by) into v_orphans
  from posthorn_queue.jobs as j
  where j.locked_at < now() - interval '30 seconds'
    and not exists (select from posthorn.workers as w where w.pool_id = j.locked_by);

  if v_orphans is not null then
    perform posthorn_queue.force_unlock_workers(v_orphans);
  end if;
  return coalesce(cardinality(v_orphans), 0);
end
$function$
;

CREATE OR REPLACE FUNCTION posthorn.uuid_first_sibling(id uuid)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (substr(id::text, 1, 18) || '-0000-000000000000')::uuid
$function$
;

CREATE OR REPLACE FUNCTION posthorn.uuid_floor(at timestamp with time zone)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || repeat('0', 20))::uuid
$function$
;

CREATE OR REPLACE FUNCTION posthorn.uuid_last_sibling(id uuid)
 RETURNS uuid
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select (substr(id::text, 1, 18) || '-ffff-ffffffffffff')::uuid
$function$
;

CREATE OR REPLACE FUNCTION posthorn.uuid_sibling(id uuid)
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
AS $function$
  select (substr(id::text, 1, 18) || substr(gen_random_uuid()::text, 19))::uuid
$function$
;

CREATE OR REPLACE FUNCTION posthorn.uuid_time(id uuid)
 RETURNS timestamp with time zone
 LANGUAGE sql
 IMMUTABLE PARALLEL SAFE
AS $function$
  select to_timestamp(('x' || substr(replace(id::text, '-', ''), 1, 12))::bit(48)::bigint / 1000.0)
$function$
;

CREATE OR REPLACE FUNCTION posthorn.uuid_v7(at timestamp with time zone DEFAULT clock_timestamp())
 RETURNS uuid
 LANGUAGE sql
 PARALLEL SAFE
AS $function$
  select (
    lpad(to_hex(floor(extract(epoch from at) * 1000)::bigint), 12, '0')
    || '7' || lpad(to_hex(floor(mod(extract(epoch from at) * 1000, 1) * 4096)::integer), 3, '0')
    || substr(replace(gen_random_uuid()::text, '-', ''), 17)
  )::uuid
$function$
;

CREATE TRIGGER api_keys_notify AFTER INSERT ON posthorn.api_keys FOR EACH STATEMENT EXECUTE FUNCTION posthorn.tg_api_keys_notify();

CREATE TRIGGER deliveries_enter_order AFTER INSERT ON posthorn.deliveries FOR EACH ROW WHEN (((new.ordering_key IS NOT NULL) AND (new.completed_at IS NULL))) EXECUTE FUNCTION posthorn.tg_deliveries_enter_order();

CREATE TRIGGER deliveries_leave_order AFTER UPDATE ON posthorn.deliveries FOR EACH ROW WHEN (((new.ordering_key IS NOT NULL) AND (new.completed_at IS NOT NULL) AND (old.completed_at IS NULL))) EXECUTE FUNCTION posthorn.tg_deliveries_leave_order();

CREATE TRIGGER deliveries_reopened AFTER UPDATE ON posthorn.deliveries FOR EACH ROW WHEN (((old.completed_at IS NOT NULL) AND (new.completed_at IS NULL))) EXECUTE FUNCTION posthorn.tg_deliveries_reopened();

CREATE TRIGGER event_types_notify AFTER INSERT OR DELETE OR UPDATE ON posthorn.event_types FOR EACH ROW EXECUTE FUNCTION posthorn.tg_event_types_notify();

CREATE TRIGGER subscription_failures_recovered AFTER DELETE ON posthorn.subscription_failures FOR EACH ROW WHEN ((old.told_at IS NOT NULL)) EXECUTE FUNCTION posthorn.tg_subscription_failures_recovered();

CREATE TRIGGER subscriptions_alert AFTER UPDATE OF status ON posthorn.subscriptions FOR EACH ROW WHEN ((new.status <> old.status)) EXECUTE FUNCTION posthorn.tg_subscriptions_alert();

CREATE TRIGGER subscriptions_event_types AFTER INSERT OR UPDATE OF event_types ON posthorn.subscriptions FOR EACH ROW EXECUTE FUNCTION posthorn.tg_subscriptions_event_types();

CREATE TRIGGER subscriptions_notify AFTER DELETE OR UPDATE ON posthorn.subscriptions FOR EACH ROW EXECUTE FUNCTION posthorn.tg_subscriptions_notify();

CREATE TRIGGER subscriptions_version BEFORE UPDATE ON posthorn.subscriptions FOR EACH ROW EXECUTE FUNCTION posthorn.tg_subscriptions_version();

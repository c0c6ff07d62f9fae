-- Why: what each worker's lane for a subscription is like right now, so that the API
-- can say why deliveries wait. Goes with its worker.
-- Locks: posthorn.workers, briefly.

create unlogged table posthorn.lane_states (
  subscription_id uuid not null,
  pool_id text not null
    constraint lane_states_worker_fkey references posthorn.workers (pool_id) on delete cascade,
  breaker text not null constraint lane_states_breaker_check check (
    breaker in ('closed', 'open', 'half_open')),
  concurrency integer not null,
  in_flight integer not null,
  resumes_at timestamptz,
  updated_at timestamptz not null default now(),
  constraint lane_states_pkey primary key (subscription_id, pool_id)
);

create index lane_states_pool_id_idx on posthorn.lane_states (pool_id);

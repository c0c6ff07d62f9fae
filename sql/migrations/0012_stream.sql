-- Why: processes with readers of the live stream say so here, and what they want to
-- see, so that those who deliver publish nothing while nobody looks.
-- Locks: nothing that exists.

create unlogged table posthorn.stream_readers (
  process_id uuid not null,
  -- One object per reader: tenant, subscription_id, event_type, status; absent: any.
  filters jsonb not null,
  beat_at timestamptz not null default now(),
  constraint stream_readers_pkey primary key (process_id)
);

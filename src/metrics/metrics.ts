import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import type { Pool } from 'pg';
import { withinMs } from '../base/within.ts';
import type { QueueState } from '../queue/queue-state.service.ts';

/** Where look-ups of subscriptions were answered. */
export type CacheCounts = { memory: number; store: number; database: number };

export type MeasuredAttempt = {
  readonly outcome: string;
  readonly statusCode: number | null;
  readonly durationMs: number;
  /** From the event's acceptance to a first success; undefined for any other attempt. */
  readonly deliveredAfterMs?: number | undefined;
};

/** A process' instruments. Each call costs about a microsecond, and no label names a subscription. */
export type Metrics = {
  readonly cache: Readonly<CacheCounts>;
  accepted(events: number, deliveries: number, durationMs: number): void;
  refused(code: string): void;
  /** An event is not as the catalogue says. */
  payloadViolation(enforced: 'warn' | 'reject'): void;
  attempt(attempt: MeasuredAttempt): void;
  /** A worker ended a delivery without an attempt. */
  unsent(reason: string): void;
  batch(kind: 'accept' | 'record', size: number): void;
  lookedUp(where: keyof CacheCounts): void;
  watchPool(name: string, pool: Pool): void;
  watchInFlight(inFlight: () => number): void;
  watchQueue(read: () => Promise<QueueState>): void;
  /** The text that Prometheus reads, and its media type. */
  render(): Promise<{ contentType: string; text: string }>;
};

const FAST_SECONDS = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const ATTEMPT_SECONDS = [...FAST_SECONDS, 10, 30];
/** A delivery may be retried for days. */
const DELIVERY_SECONDS = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 5, 15, 60, 300, 3_600, 86_400,
];
const BATCH_SIZES = [1, 2, 4, 8, 16, 32, 64, 128, 256];

export function createMetrics({ version }: { version: string }): Metrics {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  const registers = [registry];
  new Gauge({
    name: 'posthorn_info',
    help: 'The version that runs.',
    labelNames: ['version'],
    registers,
  }).set({ version }, 1);

  const counter = (name: string, help: string) => new Counter({ name, help, registers });
  const events = counter('posthorn_events_accepted_total', 'Events committed.');
  const deliveries = counter('posthorn_deliveries_created_total', 'Deliveries of accepted events.');
  const delivered = counter('posthorn_deliveries_delivered_total', 'Deliveries that arrived.');
  const unsent = new Counter({
    name: 'posthorn_deliveries_unsent_total',
    help: 'Deliveries that workers ended without an attempt.',
    labelNames: ['reason'],
    registers,
  });
  const refused = new Counter({
    name: 'posthorn_accept_refused_total',
    help: 'Requests to accept events that were refused.',
    labelNames: ['code'],
    registers,
  });
  const violations = new Counter({
    name: 'posthorn_payload_violations_total',
    help: 'Events that are not as the catalogue says, by what is enforced.',
    labelNames: ['enforced'],
    registers,
  });
  const acceptSeconds = new Histogram({
    name: 'posthorn_accept_duration_seconds',
    help: 'From a checked request to its commit.',
    buckets: FAST_SECONDS,
    registers,
  });
  const attempts = new Counter({
    name: 'posthorn_attempts_total',
    help: 'Attempts recorded.',
    labelNames: ['outcome', 'status_class'],
    registers,
  });
  const attemptSeconds = new Histogram({
    name: 'posthorn_attempt_duration_seconds',
    help: 'How long receivers took.',
    buckets: ATTEMPT_SECONDS,
    registers,
  });
  const deliverySeconds = new Histogram({
    name: 'posthorn_delivery_latency_seconds',
    help: 'From acceptance to the recorded arrival.',
    buckets: DELIVERY_SECONDS,
    registers,
  });
  const batchSize = new Histogram({
    name: 'posthorn_batch_size',
    help: 'Items per database batch.',
    labelNames: ['batch'],
    buckets: BATCH_SIZES,
    registers,
  });
  const batches = { accept: batchSize.labels('accept'), record: batchSize.labels('record') };
  const cache: CacheCounts = { memory: 0, store: 0, database: 0 };
  watchCache(cache, registry);
  const pools = watchPools(registry);

  return {
    cache,
    accepted(eventCount, deliveryCount, durationMs) {
      events.inc(eventCount);
      deliveries.inc(deliveryCount);
      acceptSeconds.observe(durationMs / 1_000);
    },
    refused: (code) => refused.inc({ code }),
    payloadViolation: (enforced) => violations.inc({ enforced }),
    attempt({ outcome, statusCode, durationMs, deliveredAfterMs }) {
      attempts.inc({ outcome, status_class: statusClass(statusCode) });
      attemptSeconds.observe(durationMs / 1_000);
      if (deliveredAfterMs === undefined) return;
      delivered.inc();
      deliverySeconds.observe(Math.max(0, deliveredAfterMs) / 1_000);
    },
    unsent: (reason) => unsent.inc({ reason }),
    batch: (kind, size) => batches[kind].observe(size),
    lookedUp: (where) => void (cache[where] += 1),
    watchPool: (name, pool) => void pools.set(name, pool),
    watchInFlight(inFlight) {
      registry.removeSingleMetric('posthorn_attempts_in_flight');
      registry.registerMetric(
        new Gauge({
          name: 'posthorn_attempts_in_flight',
          help: 'Requests to receivers under way.',
          registers: [],
          collect() {
            this.set(inFlight());
          },
        }),
      );
    },
    watchQueue: (read) => watchQueue(read, registry),
    render: async () => ({ contentType: registry.contentType, text: await registry.metrics() }),
  };
}

function statusClass(statusCode: number | null): string {
  if (statusCode === null) return 'none';
  return statusCode >= 100 && statusCode < 600 ? `${Math.floor(statusCode / 100)}xx` : 'other';
}

function watchCache(cache: CacheCounts, registry: Registry): void {
  registry.registerMetric(
    new Counter({
      name: 'posthorn_cache_lookups_total',
      help: 'Look-ups of subscriptions, by what answered them.',
      labelNames: ['answered_by'],
      registers: [],
      collect() {
        this.reset();
        this.inc({ answered_by: 'memory' }, cache.memory);
        this.inc({ answered_by: 'store' }, cache.store);
        this.inc({ answered_by: 'database' }, cache.database);
      },
    }),
  );
}

function watchPools(registry: Registry): Map<string, Pool> {
  const pools = new Map<string, Pool>();
  registry.registerMetric(
    new Gauge({
      name: 'posthorn_database_connections',
      help: 'Connections of a pool: busy, idle; and callers waiting for one.',
      labelNames: ['pool', 'state'],
      registers: [],
      collect() {
        for (const [pool, { totalCount, idleCount, waitingCount }] of pools) {
          this.set({ pool, state: 'busy' }, totalCount - idleCount);
          this.set({ pool, state: 'idle' }, idleCount);
          this.set({ pool, state: 'waiting' }, waitingCount);
        }
      },
    }),
  );
  return pools;
}

/** Prometheus gives a scrape ten seconds. */
const LOOK_WITHIN_MS = 2_000;

/**
 * Values that every process sees alike, since they are in the database: to be aggregated with `max`. While
 * the database does not answer these are absent, and the rest is there.
 */
function watchQueue(read: () => Promise<QueueState>, registry: Registry): void {
  let state: Promise<QueueState | undefined> = Promise.resolve(undefined);
  /** One look for all gauges of a scrape: the first of them takes it. */
  const look = () => (state = withinMs(read(), LOOK_WITHIN_MS).catch(() => undefined));

  function gauge(
    name: string,
    help: string,
    labelNames: string[],
    set: (gauge: Gauge, state: QueueState) => void,
  ): void {
    registry.registerMetric(
      new Gauge({
        name,
        help,
        labelNames,
        registers: [],
        async collect() {
          const found = await state;
          this.reset();
          // Without labels there is one series, which a reset sets to 0; with labels, none is left.
          if (found === undefined && labelNames.length === 0) this.remove();
          if (found !== undefined) set(this, found);
        },
      }),
    );
  }

  registry.registerMetric(
    new Gauge({
      name: 'posthorn_database_up',
      help: 'Whether the database answered this scrape.',
      registers: [],
      async collect() {
        this.set((await look()) === undefined ? 0 : 1);
      },
    }),
  );
  gauge(
    'posthorn_queue_depth',
    'Deliveries queued, at most 100000 jobs of them.',
    [],
    (self, { depth }) => self.set(depth),
  );
  gauge(
    'posthorn_queue_oldest_age_seconds',
    'How long the longest waiting job could have run.',
    [],
    (self, { oldestAgeSeconds }) => self.set(oldestAgeSeconds ?? 0),
  );
  gauge(
    'posthorn_retries_waiting',
    'Deliveries waiting for their next attempt, at most 100000.',
    [],
    (self, { retriesWaiting }) => self.set(retriesWaiting),
  );
  gauge(
    'posthorn_deliveries_parked',
    'Deliveries held for their subscription, at most 100000.',
    [],
    (self, { parked }) => self.set(parked),
  );
  gauge(
    'posthorn_breakers',
    'Subscriptions whose breaker is not closed.',
    ['state'],
    (self, { openBreakers, halfOpenBreakers }) => {
      self.set({ state: 'open' }, openBreakers);
      self.set({ state: 'half_open' }, halfOpenBreakers);
    },
  );
  gauge('posthorn_jobs', 'Jobs of the queue.', ['task', 'state'], (self, { tasks }) => {
    for (const { task, waiting, scheduled, running, retrying } of tasks) {
      self.set({ task, state: 'waiting' }, waiting);
      self.set({ task, state: 'scheduled' }, scheduled);
      self.set({ task, state: 'running' }, running);
      self.set({ task, state: 'retrying' }, retrying);
    }
  });
}

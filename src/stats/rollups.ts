import { addCounts, latencyBucket } from './latency.ts';

/** The counts of one attempt. */
export type CountedAttempt = {
  readonly tenant: string;
  readonly subscriptionId: string;
  readonly isFirst: boolean;
  readonly isDelivered: boolean;
  readonly durationMs: number;
};

/** Counts of one minute, quarter or hour: of a subscription, of a tenant, or of all tenants. */
export type Rollup = {
  /** Empty: all tenants. */
  readonly tenant: string;
  readonly subscriptionId: string | null;
  readonly widthSeconds: number;
  readonly atMs: number;
  readonly counts: Counts;
};

export type Counts = {
  events: number;
  deliveries: number;
  attempts: number;
  delivered: number;
  /** Deliveries that a filter held back. */
  filtered: number;
  latencies: number[];
};

export type Rollups = {
  countAccepted(tenant: string, events: number, deliveries: number): void;
  countAttempt(attempt: CountedAttempt): void;
  countFiltered(delivery: Pick<CountedAttempt, 'tenant' | 'subscriptionId'>): void;
  /** Answers what was counted since the last call. */
  take(): Rollup[];
};

type Minute = {
  tenants: Map<string, Counts>;
  subscriptions: Map<string, { tenant: string; counts: Counts }>;
};

const MINUTE_MS = 60_000;
/** A tenant has a few rows, of which a finer choice costs nothing; subscriptions are many. */
const TENANT_WIDTHS_SECONDS = [60, 900, 3_600];
const SUBSCRIPTION_WIDTHS_SECONDS = [60, 3_600];
const ALL_TENANTS = '';

/** Counts in memory: a few additions per attempt. `now` is Unix time in milliseconds. */
export function createRollups(now: () => number): Rollups {
  let minutes = new Map<number, Minute>();

  function minuteNow(): Minute {
    const atMs = Math.floor(now() / MINUTE_MS) * MINUTE_MS;
    let minute = minutes.get(atMs);
    if (minute === undefined) {
      minute = { tenants: new Map(), subscriptions: new Map() };
      minutes.set(atMs, minute);
    }
    return minute;
  }

  return {
    countAccepted(tenant, events, deliveries) {
      const counts = tenantCounts(minuteNow(), tenant);
      counts.events += events;
      counts.deliveries += deliveries;
    },

    countAttempt(attempt) {
      const { isFirst, isDelivered, durationMs } = attempt;
      const counts = subscriptionCounts(minuteNow(), attempt);
      const bucket = latencyBucket(durationMs);
      counts.attempts += 1;
      if (isFirst) counts.deliveries += 1;
      if (isDelivered) counts.delivered += 1;
      while (counts.latencies.length <= bucket) counts.latencies.push(0);
      counts.latencies[bucket] = (counts.latencies[bucket] ?? 0) + 1;
    },

    countFiltered(delivery) {
      subscriptionCounts(minuteNow(), delivery).filtered += 1;
    },

    take() {
      const taken = minutes;
      minutes = new Map();
      return sumUp(taken);
    },
  };
}

function noCounts(): Counts {
  return { events: 0, deliveries: 0, attempts: 0, delivered: 0, filtered: 0, latencies: [] };
}

function tenantCounts(minute: Minute, tenant: string): Counts {
  let counts = minute.tenants.get(tenant);
  if (counts === undefined) {
    counts = noCounts();
    minute.tenants.set(tenant, counts);
  }
  return counts;
}

function subscriptionCounts(
  minute: Minute,
  { tenant, subscriptionId }: Pick<CountedAttempt, 'tenant' | 'subscriptionId'>,
): Counts {
  let entry = minute.subscriptions.get(subscriptionId);
  if (entry === undefined) {
    entry = { tenant, counts: noCounts() };
    minute.subscriptions.set(subscriptionId, entry);
  }
  return entry.counts;
}

/** Per width one row for each subscription, each tenant, and all of them together. */
function sumUp(minutes: ReadonlyMap<number, Minute>): Rollup[] {
  const rows = new Map<string, Rollup>();

  function add(scope: Pick<Rollup, 'tenant' | 'subscriptionId'>, atMs: number, counts: Counts) {
    const widths =
      scope.subscriptionId === null ? TENANT_WIDTHS_SECONDS : SUBSCRIPTION_WIDTHS_SECONDS;
    for (const widthSeconds of widths) {
      const startMs = Math.floor(atMs / (widthSeconds * 1_000)) * widthSeconds * 1_000;
      const key = `${widthSeconds} ${startMs} ${scope.subscriptionId ?? ''} ${scope.tenant}`;
      const row = rows.get(key) ?? { ...scope, widthSeconds, atMs: startMs, counts: noCounts() };
      row.counts.events += counts.events;
      row.counts.deliveries += counts.deliveries;
      row.counts.attempts += counts.attempts;
      row.counts.delivered += counts.delivered;
      row.counts.filtered += counts.filtered;
      addCounts(row.counts.latencies, counts.latencies);
      rows.set(key, row);
    }
  }

  for (const [atMs, { tenants, subscriptions }] of minutes) {
    for (const [tenant, counts] of tenants) {
      add({ tenant, subscriptionId: null }, atMs, counts);
      add({ tenant: ALL_TENANTS, subscriptionId: null }, atMs, counts);
    }
    for (const [subscriptionId, { tenant, counts }] of subscriptions) {
      add({ tenant, subscriptionId }, atMs, counts);
      // A tenant's deliveries were counted when they were accepted.
      const ofTenant = { ...counts, deliveries: 0 };
      add({ tenant, subscriptionId: null }, atMs, ofTenant);
      add({ tenant: ALL_TENANTS, subscriptionId: null }, atMs, ofTenant);
    }
  }
  return [...rows.values()];
}

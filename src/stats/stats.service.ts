import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { AppError } from '../base/errors.ts';
import type { QueueStateService } from '../queue/queue-state.service.ts';
import { addCounts } from './latency.ts';
import type { Counts } from './rollups.ts';
import {
  findSeries,
  findSubscriptionTallies,
  type Scope,
  type SubscriptionTally,
} from './stats.repository.ts';

const WINDOW_SECONDS = { '1h': 3_600, '24h': 86_400, '72h': 259_200 } as const;
export type Window = keyof typeof WINDOW_SECONDS;

const DEFAULT_BUCKET_SECONDS: Record<Window, number> = { '1h': 60, '24h': 900, '72h': 3_600 };
const MAX_BUCKETS = 1_440;
const MAX_SUBSCRIPTIONS = 100;

export type Bucket = { readonly at: Date } & Counts;

/** `attempts` are those `delivered` and those that failed. */
export type Stats = {
  readonly from: Date;
  readonly until: Date;
  readonly bucketSeconds: number;
  readonly totals: Counts;
  /** Without gaps, the oldest first. */
  readonly buckets: readonly Bucket[];
  readonly queue: {
    /** Null where the caller sees one tenant: jobs are shared among tenants. */
    readonly depth: number | null;
    readonly oldestAgeSeconds: number | null;
    readonly retriesWaiting: number;
    readonly parked: number;
  };
  readonly subscriptions: readonly SubscriptionTally[];
};

export type StatsService = {
  /** @throws AppError `invalid_request` when the window has too many buckets */
  read(scope: Scope, window: Window, bucketSeconds?: number): Promise<Stats>;
};

export type StatsServiceDeps = {
  db: Kysely<DB>;
  queue: QueueStateService;
  /** Unix time in milliseconds on the database's clock. */
  now(): number;
};

/** Statistics from the roll-ups alone: what they cost follows the window, never the history. */
export function createStatsService({ db, queue, now }: StatsServiceDeps): StatsService {
  async function backlog({ tenant }: Scope): Promise<Stats['queue']> {
    if (tenant === null) return queue.current();
    return { depth: null, oldestAgeSeconds: null, ...(await queue.backlogOf(tenant)) };
  }

  return {
    async read(scope, window, bucketSeconds = DEFAULT_BUCKET_SECONDS[window]) {
      const count = Math.ceil(WINDOW_SECONDS[window] / bucketSeconds);
      if (count > MAX_BUCKETS) {
        throw new AppError('invalid_request', 'These would be too many buckets.', {
          errors: [{ pointer: '/query/bucket_seconds', detail: 'must be larger for this window' }],
        });
      }
      const until = new Date(now());
      const bucketMs = bucketSeconds * 1_000;
      const lastMs = Math.floor(until.getTime() / bucketMs) * bucketMs;
      const from = new Date(lastMs - (count - 1) * bucketMs);
      const [found, subscriptions, waiting] = await Promise.all([
        findSeries(db, scope, { from, bucketSeconds }),
        findSubscriptionTallies(db, scope, { from, limit: MAX_SUBSCRIPTIONS }),
        backlog(scope),
      ]);
      const byTime = new Map(found.map((bucket) => [bucket.at.getTime(), bucket]));
      const buckets = Array.from({ length: count }, (_, index) => {
        const at = new Date(from.getTime() + index * bucketMs);
        return byTime.get(at.getTime()) ?? { at, ...nothing() };
      });
      return {
        from,
        until,
        bucketSeconds,
        totals: sum(buckets),
        buckets,
        queue: waiting,
        subscriptions,
      };
    },
  };
}

function nothing(): Counts {
  return { events: 0, deliveries: 0, attempts: 0, delivered: 0, filtered: 0, latencies: [] };
}

function sum(buckets: readonly Bucket[]): Counts {
  const totals = nothing();
  for (const bucket of buckets) {
    totals.events += bucket.events;
    totals.deliveries += bucket.deliveries;
    totals.attempts += bucket.attempts;
    totals.delivered += bucket.delivered;
    totals.filtered += bucket.filtered;
    addCounts(totals.latencies, bucket.latencies);
  }
  return totals;
}

import { tenantFor } from '../access/tenant.ts';
import type { Handlers } from '../http/contract.ts';
import type { components } from '../openapi/generated.ts';
import { maskUrl } from '../subscriptions/mask.ts';
import { latencyPercentile } from './latency.ts';
import type { Bucket, Stats, StatsService } from './stats.service.ts';

type Schemas = components['schemas'];

export function statsHandlers(deps: { stats: StatsService }): Pick<Handlers, 'getStats'> {
  return {
    async getStats({ query, principal }) {
      const {
        window = '1h',
        bucket_seconds: bucketSeconds,
        subscription_id: subscriptionId,
      } = query;
      const scope = { tenant: tenantFor(principal, query.tenant, '/query/tenant'), subscriptionId };
      const stats = await deps.stats.read(
        scope,
        window,
        bucketSeconds === undefined ? undefined : Number(bucketSeconds),
      );
      return { status: 200, body: toStatsResource(stats) };
    },
  };
}

function toStatsResource(stats: Stats): Schemas['Stats'] {
  const { from, until, bucketSeconds, totals, buckets, queue, subscriptions } = stats;
  return {
    window_start: from.toISOString(),
    window_end: until.toISOString(),
    bucket_seconds: bucketSeconds,
    totals: {
      events: totals.events,
      deliveries: totals.deliveries,
      delivered: totals.delivered,
      failed: totals.attempts - totals.delivered,
      attempts: totals.attempts,
      filtered: totals.filtered,
      success_rate: share(totals.delivered, totals.attempts),
      latency_ms: {
        p50: latencyPercentile(totals.latencies, 0.5),
        p95: latencyPercentile(totals.latencies, 0.95),
        p99: latencyPercentile(totals.latencies, 0.99),
      },
    },
    buckets: buckets.map(toBucketResource),
    queue: {
      depth: queue.depth,
      oldest_age_seconds: queue.oldestAgeSeconds,
      retries_waiting: queue.retriesWaiting,
      parked: queue.parked,
    },
    subscriptions: subscriptions.map((one) => ({
      id: one.id,
      name: one.name,
      target_url: maskUrl(one.target_url),
      attempts: one.attempts,
      failed: one.failed,
      success_rate: share(one.attempts - one.failed, one.attempts),
      failing_since: one.failing_since?.toISOString() ?? null,
    })),
  };
}

function toBucketResource(bucket: Bucket): Schemas['StatsBucket'] {
  return {
    at: bucket.at.toISOString(),
    events: bucket.events,
    attempts: bucket.attempts,
    delivered: bucket.delivered,
    failed: bucket.attempts - bucket.delivered,
    latency_ms_p50: latencyPercentile(bucket.latencies, 0.5),
    latency_ms_p95: latencyPercentile(bucket.latencies, 0.95),
  };
}

function share(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}

import { sql, type Kysely } from 'kysely';
import type { Pool } from 'pg';
import type { DB } from '../database/tables.ts';
import { addCounts } from './latency.ts';
import type { Counts, Rollup } from './rollups.ts';

/** Adds counts to the roll-ups. */
export async function addRollups(pool: Pool, rows: readonly Rollup[]): Promise<void> {
  await pool.query({
    name: 'add_rollups',
    text: `select posthorn.add_rollups($1::text[], $2::uuid[], $3::int[], $4::timestamptz[],
      $5::int[], $6::int[], $7::int[], $8::int[], $9::text[], $10::int[])`,
    values: [
      rows.map(({ tenant }) => tenant),
      rows.map(({ subscriptionId }) => subscriptionId),
      rows.map(({ widthSeconds }) => widthSeconds),
      rows.map(({ atMs }) => new Date(atMs).toISOString()),
      rows.map(({ counts }) => counts.events),
      rows.map(({ counts }) => counts.deliveries),
      rows.map(({ counts }) => counts.attempts),
      rows.map(({ counts }) => counts.delivered),
      rows.map(({ counts }) => `{${counts.latencies.join(',')}}`),
      rows.map(({ counts }) => counts.filtered),
    ],
  });
}

/** Whose numbers: one subscription's, one tenant's, or everybody's. */
export type Scope = {
  /** Null: all tenants. */
  readonly tenant: string | null;
  readonly subscriptionId?: string | undefined;
};

export type Series = {
  /** The first bucket's start, a multiple of the bucket's length. */
  readonly from: Date;
  readonly bucketSeconds: number;
};

const HOUR_SECONDS = 3_600;

/** Sums per bucket, those without a count left out. */
export async function findSeries(
  db: Kysely<DB>,
  { tenant, subscriptionId }: Scope,
  { from, bucketSeconds }: Series,
): Promise<({ at: Date } & Counts)[]> {
  const width = widths(subscriptionId).find((seconds) => bucketSeconds % seconds === 0);
  const rollups =
    subscriptionId === undefined
      ? sql`select at, events, deliveries, attempts, delivered, filtered, latencies
        from posthorn.tenant_rollups
        where tenant = ${tenant ?? ''} and width_seconds = ${width} and at >= ${from}`
      : sql`select at, deliveries as events, deliveries, attempts, delivered, filtered, latencies
        from posthorn.subscription_rollups
        where subscription_id = ${subscriptionId} and width_seconds = ${width} and at >= ${from}
          and ${tenant === null ? sql`true` : sql`tenant = ${tenant}`}`;
  // Histograms are summed here: Postgres takes ten times as long to unnest them.
  const { rows } = await sql<{ at: Date; latencies: string } & Omit<Counts, 'latencies'>>`
    select date_bin(${bucketSeconds} * interval '1 second', at, timestamptz 'epoch') as at,
      sum(events)::double precision as events,
      sum(deliveries)::double precision as deliveries,
      sum(attempts)::double precision as attempts,
      sum(delivered)::double precision as delivered,
      sum(filtered)::double precision as filtered,
      string_agg(latencies::text, '') as latencies
    from (${rollups}) as rollup
    group by 1
  `.execute(db);
  return rows.map((row) => ({ ...row, latencies: sumHistograms(row.latencies) }));
}

/** How long what is stored is summed up, the longest first. */
function widths(subscriptionId: string | undefined): number[] {
  return subscriptionId === undefined ? [HOUR_SECONDS, 900, 60] : [HOUR_SECONDS, 60];
}

/** `{1,2}{3}` is 4 and 2. */
function sumHistograms(text: string): number[] {
  const sums: number[] = [];
  for (const histogram of text.slice(1, -1).split('}{')) {
    if (histogram !== '') addCounts(sums, histogram.split(',').map(Number));
  }
  return sums;
}

export type SubscriptionTally = {
  readonly id: string;
  readonly name: string | null;
  readonly target_url: string;
  readonly attempts: number;
  readonly failed: number;
  readonly failing_since: Date | null;
};

/**
 * Subscriptions with their attempts since `from`: those that fail now first, then those with the
 * most failures within this hour and the last, then the busiest of these. Only those chosen are
 * summed up, whole hours as such, so that thousands of others cost next to nothing.
 */
export async function findSubscriptionTallies(
  db: Kysely<DB>,
  { tenant, subscriptionId }: Scope,
  { from, limit }: { from: Date; limit: number },
): Promise<SubscriptionTally[]> {
  const hourMs = HOUR_SECONDS * 1_000;
  const firstHour = new Date(Math.ceil(from.getTime() / hourMs) * hourMs);
  const ofTenant = (alias: string) =>
    tenant === null ? sql`true` : sql`${sql.ref(`${alias}.tenant`)} = ${tenant}`;
  const { rows } = await sql<SubscriptionTally>`
    with recent as (
      select r.subscription_id, sum(attempts) as attempts, sum(attempts - delivered) as failed
      from posthorn.subscription_rollups as r
      where width_seconds = ${HOUR_SECONDS} and ${ofTenant('r')}
        and at >= date_trunc('hour', now()) - interval '1 hour'
      group by r.subscription_id
    ),
    chosen as (
      select s.id, s.name, s.target_url, f.failing_since
      from posthorn.subscriptions as s
      left join recent on recent.subscription_id = s.id
      left join posthorn.subscription_failures as f on f.subscription_id = s.id
      where ${ofTenant('s')}
        and ${subscriptionId === undefined ? sql`true` : sql`s.id = ${subscriptionId}`}
      order by f.failing_since nulls last, recent.failed desc nulls last,
        recent.attempts desc nulls last, s.id desc
      limit ${limit}
    )
    select chosen.*, coalesce(tally.attempts, 0) as attempts, coalesce(tally.failed, 0) as failed
    from chosen
    cross join lateral (
      select sum(attempts)::double precision as attempts,
        sum(attempts - delivered)::double precision as failed
      from (
        select attempts, delivered
        from posthorn.subscription_rollups
        where subscription_id = chosen.id and width_seconds = ${HOUR_SECONDS} and at >= ${firstHour}
        union all
        select attempts, delivered
        from posthorn.subscription_rollups
        where subscription_id = chosen.id and width_seconds = 60
          and at >= ${from} and at < ${firstHour}
      ) as rollup
    ) as tally
    order by chosen.failing_since nulls last, failed desc, attempts desc, chosen.id desc
  `.execute(db);
  return rows;
}

/** Forgets roll-ups older than `retentionHours`. Answers how many. */
export async function deleteRollups(
  pool: Pool,
  retentionHours: number,
  limit: number,
): Promise<number> {
  const { rows } = await pool.query<{ count: number }>(
    `with tenant_rollup as (
      delete from posthorn.tenant_rollups
      where (tenant, width_seconds, at) in (
        select tenant, width_seconds, at from posthorn.tenant_rollups
        where at < now() - $1 * interval '1 hour' limit $2)
      returning 1
    ),
    subscription_rollup as (
      delete from posthorn.subscription_rollups
      where (subscription_id, width_seconds, at) in (
        select subscription_id, width_seconds, at from posthorn.subscription_rollups
        where width_seconds in (60, 3600) and at < now() - $1 * interval '1 hour' limit $2)
      returning 1
    )
    select greatest((select count(*) from tenant_rollup), (select count(*) from subscription_rollup))
      ::integer as count`,
    [retentionHours, limit],
  );
  return rows[0]?.count ?? 0;
}

/**
 * Upper bounds of the latency histograms' buckets, in milliseconds; one more bucket takes what is
 * above. Rows in the database are counts per bucket, so bounds may be appended but never changed.
 * Neighbours are less than a factor of two apart, which bounds the error of a percentile.
 */
export const LATENCY_BOUNDS_MS: readonly number[] = Object.freeze([
  1, 1.5, 2, 3, 5, 7, 10, 15, 20, 30, 50, 70, 100, 150, 200, 300, 500, 700, 1_000, 1_500, 2_000,
  3_000, 5_000, 7_000, 10_000, 15_000, 20_000, 30_000,
]);

/** The bucket that counts a latency. */
export function latencyBucket(ms: number): number {
  let low = 0;
  let high = LATENCY_BOUNDS_MS.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (ms <= (LATENCY_BOUNDS_MS[middle] ?? Infinity)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/**
 * The latency in milliseconds below which a share of all counted ones lies, interpolated within
 * its bucket; null when nothing was counted.
 *
 * @param counts per bucket; missing ones at the end are zero
 * @param share between 0 and 1
 */
export function latencyPercentile(counts: readonly number[], share: number): number | null {
  const total = counts.reduce((sum, count) => sum + count, 0);
  if (total === 0) return null;
  const rank = share * total;
  let before = 0;
  for (const [bucket, count] of counts.entries()) {
    if (count > 0 && before + count >= rank) {
      const lower = LATENCY_BOUNDS_MS[bucket - 1] ?? 0;
      const upper = LATENCY_BOUNDS_MS[bucket] ?? lower;
      return Math.round((lower + (upper - lower) * ((rank - before) / count)) * 10) / 10;
    }
    before += count;
  }
  return LATENCY_BOUNDS_MS.at(-1) ?? null;
}

/** Adds `more` to `counts`, in place. */
export function addCounts(counts: number[], more: readonly number[]): void {
  for (const [bucket, count] of more.entries()) counts[bucket] = (counts[bucket] ?? 0) + count;
}

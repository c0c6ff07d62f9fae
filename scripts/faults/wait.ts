import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 25;

/** Polls until the probe answers something; a probe that throws has not answered yet. */
export async function until<T>(
  what: string,
  timeoutMs: number,
  probe: () => T | Promise<T>,
  pollMs = POLL_MS,
): Promise<NonNullable<T>> {
  const deadlineMs = performance.now() + timeoutMs;
  for (;;) {
    const found = await Promise.resolve()
      .then(probe)
      .catch(() => undefined);
    if (found !== undefined && found !== null && found !== false) return found as NonNullable<T>;
    if (performance.now() > deadlineMs) throw new Error(`no ${what} within ${timeoutMs} ms`);
    await delay(pollMs);
  }
}

/** The same, answering whether it came to that in time. */
export async function happens(
  timeoutMs: number,
  probe: () => unknown,
  pollMs = POLL_MS,
): Promise<boolean> {
  return until('', timeoutMs, probe, pollMs).then(
    () => true,
    () => false,
  );
}

/** The given share of the values is no greater than this; 0 of none. */
export function quantile(values: readonly number[], share: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
}

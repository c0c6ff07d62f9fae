import { setTimeout as delay } from 'node:timers/promises';

const POLL_MS = 10;

export type UntilOptions = {
  readonly timeoutMs?: number;
  /** Names what is awaited in the error; the probe's own source otherwise. */
  readonly what?: string;
};

/**
 * Polls until `probe` returns something other than undefined, null or false, and returns that.
 * A probe that throws counts as not yet.
 *
 * @throws Error after `timeoutMs`, 30 s unless given: that is a hang, not a machine that is busy, with the probe's last error as its cause.
 */
export async function until<T>(
  probe: () => T | Promise<T>,
  { timeoutMs = 30_000, what = probe.toString() }: UntilOptions = {},
): Promise<Exclude<T, undefined | null | false>> {
  const deadline = performance.now() + timeoutMs;
  let cause: unknown;
  do {
    try {
      const found = await probe();
      if (found !== undefined && found !== null && found !== false) {
        return found as Exclude<T, undefined | null | false>;
      }
      cause = undefined;
    } catch (error) {
      cause = error;
    }
    await delay(POLL_MS);
  } while (performance.now() < deadline);
  throw new Error(`gave up after ${timeoutMs} ms waiting for ${what}`, { cause });
}

/**
 * Stops attempts on a receiver that does nothing but fail. Ten failures in a row open it; when its
 * time is up, a single probe decides whether it closes or opens again for twice as long.
 */
export type Breaker = {
  state(nowMs: number): 'closed' | 'open' | 'half_open';
  /** Until a probe may start; not above 0 when it may. Of no meaning while it is closed. */
  probeInMs(nowMs: number): number;
  noteFailure(nowMs: number): void;
  noteHealth(): void;
  readonly isClosed: boolean;
  /** It is closed, and the latest attempt has not failed. */
  readonly isUntroubled: boolean;
};

const THRESHOLD = 10;
const FIRST_OPEN_MS = 5_000;
const LONGEST_OPEN_MS = 300_000;

export function createBreaker(): Breaker {
  let failuresInRow = 0;
  /** How often it has opened since it was closed. */
  let openings = 0;
  let openUntilMs = 0;

  return {
    state(nowMs) {
      if (openings === 0) return 'closed';
      return nowMs < openUntilMs ? 'open' : 'half_open';
    },
    probeInMs: (nowMs) => openUntilMs - nowMs,
    noteFailure(nowMs) {
      failuresInRow += 1;
      const isProbe = openings > 0;
      if (!isProbe && failuresInRow < THRESHOLD) return;
      if (isProbe && nowMs < openUntilMs) return;
      openUntilMs = nowMs + Math.min(FIRST_OPEN_MS * 2 ** openings, LONGEST_OPEN_MS);
      openings += 1;
    },
    noteHealth() {
      failuresInRow = 0;
      openings = 0;
    },
    get isClosed() {
      return openings === 0;
    },
    get isUntroubled() {
      return failuresInRow === 0 && openings === 0;
    },
  };
}

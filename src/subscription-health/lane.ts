import { createBreaker, type Breaker } from './breaker.ts';

/** Why a delivery cannot start now. */
export type ParkReason = 'rate_limited' | 'saturated' | 'breaker_open';

/** The limits that one process keeps for one subscription. */
export type LaneLimits = {
  /** Attempts under way at once, at the most. */
  readonly maxConcurrency: number;
  /** Attempts started per second; null: as fast as it goes. */
  readonly ratePerSecond: number | null;
};

/** How a receiver behaved, as far as its lane is concerned. */
export type LaneSignal =
  /** It took the request, or refused it in good order. */
  | { readonly kind: 'healthy' }
  /** It cannot keep up: 429, 502, 503, 504 or a time-out. */
  | { readonly kind: 'overloaded'; readonly retryAfterMs?: number | undefined }
  /** It is not there, or fails: no connection, TLS, any other 5xx. */
  | { readonly kind: 'broken' }
  /** Nothing came of the attempt that says anything about it. */
  | { readonly kind: 'unused' };

export type LaneState = {
  readonly breaker: ReturnType<Breaker['state']>;
  readonly concurrency: number;
  readonly inFlight: number;
  /** Milliseconds until the next attempt may start; 0 when it may now. */
  readonly resumeInMs: number;
};

export type Lane = {
  /** Null when an attempt may start now, else why not and for how long. */
  obstacle(nowMs: number): { readonly reason: ParkReason; readonly waitMs: number } | null;
  start(nowMs: number): void;
  finish(signal: LaneSignal, nowMs: number, durationMs?: number): void;
  setLimits(limits: LaneLimits): void;
  /** Whether places become free fast enough to be worth waiting for in memory. */
  isMoving(nowMs: number): boolean;
  /** Whether its attempts take so long that no job should wait for them. */
  isSlow(nowMs: number): boolean;
  /** How many deliveries to bring back from where they are parked. */
  appetite(nowMs: number): number;
  state(nowMs: number): LaneState;
  readonly isIdle: boolean;
};

const INITIAL_CONCURRENCY = 16;
const MOVING_WITHIN_MS = 100;
const SLOW_FROM_MS = 250;
/** How much the latest attempt weighs in the mean of durations. */
const LATEST_WEIGHT = 1 / 8;
const BACK_OFF_EVERY_MS = 1_000;
const MAX_RETRY_AFTER_MS = 3_600_000;
const MAX_APPETITE = 2_048;
const SATURATED_WAIT_MS = 250;
const STUCK_WAIT_MS = 1_000;

/**
 * One subscription's place in one process. Its concurrency grows by one with every success until
 * the receiver first shows strain, then by one per round, and halves under strain (additive
 * increase, multiplicative decrease). Pure but for the clock it is given.
 */
export function createLane(limits: LaneLimits): Lane {
  let { maxConcurrency, ratePerSecond } = limits;
  const breaker = createBreaker();
  let concurrency = Math.min(INITIAL_CONCURRENCY, maxConcurrency);
  let isRamping = true;
  let inFlight = 0;
  let lastProgressMs = Number.NEGATIVE_INFINITY;
  let lastBackOffMs = Number.NEGATIVE_INFINITY;
  let restUntilMs = 0;
  let tokens = burst();
  let tokensAtMs = Number.NaN;
  let recentFinishes = 0;
  let meanDurationMs = 0;

  /** The burst after a rest: a second's worth, and one even where that is less. */
  function burst(): number {
    return Math.max(1, ratePerSecond ?? 0);
  }

  function refill(nowMs: number): void {
    if (ratePerSecond === null) return;
    const sinceMs = Number.isNaN(tokensAtMs) ? 0 : nowMs - tokensAtMs;
    tokens = Math.min(burst(), tokens + (sinceMs * ratePerSecond) / 1_000);
    tokensAtMs = nowMs;
  }

  function obstacle(nowMs: number): { reason: ParkReason; waitMs: number } | null {
    if (!breaker.isClosed && (breaker.probeInMs(nowMs) > 0 || inFlight > 0)) {
      const waitMs = Math.max(breaker.probeInMs(nowMs), SATURATED_WAIT_MS);
      return { reason: 'breaker_open', waitMs };
    }
    if (nowMs < restUntilMs) return { reason: 'rate_limited', waitMs: restUntilMs - nowMs };
    if (inFlight >= Math.floor(concurrency)) {
      return { reason: 'saturated', waitMs: isMoving(nowMs) ? SATURATED_WAIT_MS : STUCK_WAIT_MS };
    }
    if (ratePerSecond !== null) {
      refill(nowMs);
      if (tokens < 1) {
        return {
          reason: 'rate_limited',
          waitMs: Math.ceil(((1 - tokens) * 1_000) / ratePerSecond),
        };
      }
    }
    return null;
  }

  function isMoving(nowMs: number): boolean {
    return nowMs - lastProgressMs < MOVING_WITHIN_MS;
  }

  function slowDown(nowMs: number): void {
    isRamping = false;
    if (nowMs - lastBackOffMs < BACK_OFF_EVERY_MS) return;
    lastBackOffMs = nowMs;
    concurrency = Math.max(1, concurrency / 2);
  }

  function noteHealth(): void {
    breaker.noteHealth();
    concurrency = Math.min(maxConcurrency, concurrency + (isRamping ? 1 : 1 / concurrency));
  }

  return {
    obstacle,
    start(nowMs) {
      if (inFlight === 0) lastProgressMs = nowMs;
      inFlight += 1;
      tokens -= 1;
    },
    finish(signal, nowMs, durationMs = 0) {
      inFlight -= 1;
      if (signal.kind === 'unused') return;
      meanDurationMs += (durationMs - meanDurationMs) * LATEST_WEIGHT;
      lastProgressMs = nowMs;
      recentFinishes += 1;
      if (signal.kind === 'healthy') return noteHealth();
      breaker.noteFailure(nowMs);
      if (signal.kind === 'overloaded') {
        slowDown(nowMs);
        const restMs = Math.min(signal.retryAfterMs ?? 0, MAX_RETRY_AFTER_MS);
        restUntilMs = Math.max(restUntilMs, nowMs + restMs);
      }
    },
    setLimits(next) {
      maxConcurrency = next.maxConcurrency;
      concurrency = Math.min(concurrency, maxConcurrency);
      const wasUnlimited = ratePerSecond === null;
      ratePerSecond = next.ratePerSecond;
      // A share that changes as workers come and go is no reason for another burst.
      tokens = wasUnlimited ? burst() : Math.min(tokens, burst());
    },
    isMoving,
    isSlow: (nowMs) =>
      meanDurationMs > SLOW_FROM_MS || (inFlight > 0 && nowMs - lastProgressMs > SLOW_FROM_MS),
    appetite(nowMs) {
      const found = obstacle(nowMs);
      const finished = recentFinishes;
      recentFinishes = 0;
      if (found !== null && found.reason !== 'saturated') return 0;
      if (!breaker.isClosed) return 1;
      const byPace = Math.max(0, Math.floor(concurrency) - inFlight) + 2 * finished;
      const byRate =
        ratePerSecond === null ? byPace : Math.min(byPace, Math.max(1, Math.ceil(tokens)));
      return Math.min(byRate, MAX_APPETITE);
    },
    state(nowMs) {
      return {
        breaker: breaker.state(nowMs),
        concurrency: Math.floor(concurrency),
        inFlight,
        resumeInMs: Math.max(
          0,
          breaker.isClosed ? 0 : breaker.probeInMs(nowMs),
          restUntilMs - nowMs,
        ),
      };
    },
    get isIdle() {
      return inFlight === 0 && breaker.isUntroubled;
    },
  };
}

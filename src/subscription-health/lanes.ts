import { createLane, type Lane, type LaneSignal, type LaneState, type ParkReason } from './lane.ts';
import { createSlowShare } from './slow-share.ts';

/** The settings of a subscription that its lane uses. */
export type LaneOwner = {
  readonly id: string;
  readonly maxConcurrency: number | null;
  /** Requests a second; null: any number. */
  readonly rateLimit: number | null;
};

/** The outcome of asking for a place. */
export type Admission =
  /** `finish` gives the place back; only its first call counts. */
  | {
      readonly kind: 'started';
      /** The receiver is known to take long: a job that waits for others should not wait for it. */
      readonly isSlow: boolean;
      finish(signal: LaneSignal): void;
    }
  | { readonly kind: 'parked'; readonly reason: ParkReason; readonly waitMs: number };

/** One job's visit to the lanes: once it has left, nothing of it waits or starts any more. */
export type Visit = {
  /** Resolves once the attempt may start or should be parked; a free place is taken at once. */
  enter(subscription: LaneOwner): Promise<Admission>;
  /** Parks whatever of this visit still waits. */
  leave(): void;
};

export type Lanes = {
  visit(): Visit;
  /** How many parked deliveries to bring back now, and when to ask again if none. */
  appetite(subscription: LaneOwner): { readonly count: number; readonly waitMs: number };
  /** The lanes used since the last call, at most `limit`, those in trouble first. */
  takeStates(limit: number): { readonly subscriptionId: string; readonly state: LaneState }[];
  readonly inFlight: number;
};

export type LanesOptions = {
  /** Attempts under way in this process, over all subscriptions. */
  maxInFlight: number;
  /** Attempts under way for one subscription that names no limit of its own. */
  maxPerSubscription: number;
  /** How many worker processes share each subscription's limits. */
  workerCount(): number;
  /** A monotonic clock in milliseconds. */
  now(): number;
};

type Waiter = { visit: object; resolve(admission: Admission): void };
type Entry = { lane: Lane; waiters: Waiter[]; isReady: boolean; usedAtMs: number };

const IDLE_AFTER_MS = 60_000;
const SWEEP_EVERY = 4_096;
const FULL_WAIT_MS = 250;
const SLOW_SHARE = 0.5;
const CROWDED_WAIT_MS = 1_000;

/**
 * Admission for all subscriptions of one process. A delivery waits in memory only where places
 * become free quickly; elsewhere it is parked at once, so that no job ever waits on a slow or
 * dead receiver. Places are handed out lane by lane in turn, so that a flood on one subscription
 * does not keep the others waiting.
 */
export function createLanes(options: LanesOptions): Lanes {
  const entries = new Map<string, Entry>();
  const ready: Entry[] = [];
  const slowShare = createSlowShare(options.maxInFlight * SLOW_SHARE);
  let inFlight = 0;
  let visits = 0;
  let takenAtMs = Number.NEGATIVE_INFINITY;

  function limitsOf(subscription: LaneOwner) {
    const share = Math.max(1, options.workerCount());
    return {
      maxConcurrency: Math.max(
        1,
        Math.floor((subscription.maxConcurrency ?? options.maxPerSubscription * share) / share),
      ),
      ratePerSecond: subscription.rateLimit === null ? null : subscription.rateLimit / share,
    };
  }

  function entryOf(subscription: LaneOwner): Entry {
    let entry = entries.get(subscription.id);
    const limits = limitsOf(subscription);
    if (entry === undefined) {
      entry = { lane: createLane(limits), waiters: [], isReady: false, usedAtMs: 0 };
      entries.set(subscription.id, entry);
    }
    entry.lane.setLimits(limits);
    entry.usedAtMs = options.now();
    return entry;
  }

  function start(entry: Entry): Admission {
    const startedAtMs = options.now();
    const isSlow = entry.lane.isSlow(startedAtMs);
    inFlight += 1;
    if (isSlow) slowShare.take(entry);
    entry.lane.start(startedAtMs);
    let isFinished = false;
    return {
      kind: 'started',
      isSlow,
      finish(signal) {
        if (isFinished) return;
        isFinished = true;
        inFlight -= 1;
        if (isSlow) slowShare.giveBack(entry);
        const nowMs = options.now();
        entry.lane.finish(signal, nowMs, nowMs - startedAtMs);
        makeReady(entry);
        pump();
      },
    };
  }

  function makeReady(entry: Entry): void {
    if (entry.isReady || entry.waiters.length === 0) return;
    entry.isReady = true;
    ready.push(entry);
  }

  function obstacleOf(entry: Entry, nowMs: number): ReturnType<Lane['obstacle']> {
    if (slowShare.isFullFor(entry) && entry.lane.isSlow(nowMs)) {
      return { reason: 'saturated', waitMs: CROWDED_WAIT_MS };
    }
    return entry.lane.obstacle(nowMs);
  }

  /** Gives free places to waiting lanes in turn. */
  function pump(): void {
    for (
      let entry = ready[0];
      entry !== undefined && inFlight < options.maxInFlight;
      entry = ready[0]
    ) {
      ready.shift();
      entry.isReady = false;
      const nowMs = options.now();
      const obstacle = obstacleOf(entry, nowMs);
      if (obstacle === null) {
        const waiter = entry.waiters.shift();
        if (waiter !== undefined) waiter.resolve(start(entry));
        makeReady(entry);
      } else if (obstacle.reason !== 'saturated') {
        for (const waiter of entry.waiters.splice(0)) {
          waiter.resolve({ kind: 'parked', ...obstacle });
        }
      }
    }
  }

  async function enter(visit: object, subscription: LaneOwner): Promise<Admission> {
    const entry = entryOf(subscription);
    const nowMs = options.now();
    const obstacle = obstacleOf(entry, nowMs);
    const isFull = inFlight >= options.maxInFlight;
    if (obstacle === null && !isFull && entry.waiters.length === 0) return start(entry);
    const isWorthWaiting =
      obstacle === null || (obstacle.reason === 'saturated' && entry.lane.isMoving(nowMs));
    if (!isWorthWaiting) return { kind: 'parked', ...obstacle };
    return new Promise((resolve) => {
      entry.waiters.push({ visit, resolve });
      if (obstacle === null) makeReady(entry);
    });
  }

  function leave(visit: object): void {
    for (const entry of entries.values()) {
      if (entry.waiters.length === 0) continue;
      const leaving = entry.waiters.filter((waiter) => waiter.visit === visit);
      if (leaving.length === 0) continue;
      entry.waiters = entry.waiters.filter((waiter) => waiter.visit !== visit);
      const { reason, waitMs } = entry.lane.obstacle(options.now()) ?? {
        reason: 'saturated' as const,
        waitMs: FULL_WAIT_MS,
      };
      for (const waiter of leaving) waiter.resolve({ kind: 'parked', reason, waitMs });
    }
  }

  function sweep(): void {
    const idleSinceMs = options.now() - IDLE_AFTER_MS;
    for (const [id, entry] of entries) {
      if (entry.usedAtMs < idleSinceMs && entry.lane.isIdle && entry.waiters.length === 0) {
        entries.delete(id);
      }
    }
  }

  return {
    visit() {
      const visit = {};
      let hasLeft = false;
      visits += 1;
      if (visits % SWEEP_EVERY === 0) sweep();
      return {
        enter: (subscription) =>
          // Who was held up on the way here comes after its job has let go.
          hasLeft
            ? Promise.resolve({ kind: 'parked', reason: 'saturated', waitMs: FULL_WAIT_MS })
            : enter(visit, subscription),
        leave() {
          hasLeft = true;
          leave(visit);
        },
      };
    },
    appetite(subscription) {
      const entry = entryOf(subscription);
      const nowMs = options.now();
      const obstacle = obstacleOf(entry, nowMs);
      const isCrowdedOut = obstacle !== null && entry.lane.obstacle(nowMs) === null;
      return {
        count: isCrowdedOut ? 0 : entry.lane.appetite(nowMs),
        waitMs: obstacle?.waitMs ?? FULL_WAIT_MS,
      };
    },
    takeStates(limit) {
      const nowMs = options.now();
      const states = [...entries]
        .filter(([, entry]) => entry.usedAtMs > takenAtMs || !entry.lane.isIdle)
        .map(([subscriptionId, entry]) => ({ subscriptionId, state: entry.lane.state(nowMs) }));
      takenAtMs = nowMs;
      if (states.length <= limit) return states;
      return states
        .toSorted(
          (a, b) => Number(b.state.breaker !== 'closed') - Number(a.state.breaker !== 'closed'),
        )
        .slice(0, limit);
    },
    get inFlight() {
      return inFlight;
    },
  };
}

import { setTimeout as delay } from 'node:timers/promises';
import type { ClientBase, Pool } from 'pg';
import { ensurePartitions } from '../database/partitions.ts';
import type { Logger } from '../base/logger.ts';
import {
  awaitWriters,
  buildKept,
  deleteIdempotencyKeys,
  dropLeftOver,
  expireParked,
  findEndedPeriods,
  SHORTEST_SWAP_PATIENCE_MS,
  swapPeriod,
  whileAloneDropping,
  type EndedPeriod,
  type Retention,
} from './retention.repository.ts';

declare global {
  // eslint-disable-next-line typescript/no-namespace -- how Graphile Worker learns of payloads
  namespace GraphileWorker {
    interface Tasks {
      /** Makes the next partitions and drops those past retention. */
      maintain: Record<string, never>;
    }
  }
}

export type MaintenanceReport = {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  /** Deliveries that failed or were discarded, in the periods of which the rest was dropped. */
  readonly kept: number;
  readonly expired: number;
  readonly forgottenKeys: number;
};

/** Deletes what a feature no longer keeps. */
export type Forgetter = (pool: Pool) => Promise<void>;

export type MaintenanceOptions = Retention & {
  readonly pool: Pool;
  /** What other features forget. */
  readonly forgetters: readonly Forgetter[];
  /** How long to try again when transactions of others are in the way of dropping. */
  readonly patienceMs?: number;
  readonly logger: Logger;
};

type Dropping = Pick<MaintenanceReport, 'dropped' | 'kept'>;

const BATCH = 5_000;

const PATIENCE_MS = 60_000;
/** Each try waits twice as long as the one before, and accepting with it, which gives up after 3 s. */
const LONGEST_SWAP_PATIENCE_MS = 1_500;
const SHORTEST_PAUSE_MS = 1_000;
/** Between two tries, so that accepting is held up for a fifth of the time at the most. */
const PAUSE_FACTOR = 4;
/** To a statement that began before it was committed, what was built would seem empty in its place. */
const SETTLE_MS = 250;

/**
 * Makes the partitions that are needed next and drops those past retention, except for what failed
 * in them. A partition goes only when every delivery in it is terminal; what was held past retention
 * ends as `expired` first, a planned retry keeps its partition. Safe to run at any time, by several
 * processes at once.
 */
export async function maintain(options: MaintenanceOptions): Promise<MaintenanceReport> {
  const { pool, retentionHours, forgetters, logger } = options;
  const created = await ensurePartitions(pool);
  const expired = await repeat(() => expireParked(pool, options, BATCH));
  const forgottenKeys = await repeat(() => deleteIdempotencyKeys(pool, retentionHours, BATCH));
  for (const forget of forgetters) await forget(pool);
  const { dropped, kept } = (await dropFinished(options)) ?? { dropped: [], kept: 0 };
  logger.info({ created, dropped, kept, expired, forgotten_keys: forgottenKeys }, 'maintenance');
  return { created, dropped, kept, expired, forgottenKeys };
}

function dropFinished(options: MaintenanceOptions): Promise<Dropping | undefined> {
  const { pool, logger } = options;
  return whileAloneDropping(pool, async (client) => {
    const dropped = await dropLeftOver(client, options);
    let kept = 0;
    // One for all periods: what is in the way of one is often in the way of the next.
    const givesUpAt = performance.now() + (options.patienceMs ?? PATIENCE_MS);
    for (const ended of await findEndedPeriods(client, options)) {
      const { outcome, count } = await dropPeriod(client, ended, givesUpAt);
      if (outcome === 'swapped') kept += count;
      dropped.push(...(await dropLeftOver(client, options)));
      if (outcome === 'busy') {
        logger.warn(
          { period: ended.period },
          'a long transaction is in the way of dropping partitions; the next clean-up tries again',
        );
      }
    }
    return { dropped, kept };
  });
}

/** Takes a period's partitions out, save for what is kept; `pending` when work in it is. */
async function dropPeriod(client: ClientBase, ended: EndedPeriod, givesUpAt: number) {
  if (!(await awaitWriters(client, ended.period))) return { outcome: 'busy', count: 0 } as const;
  const count = await buildKept(client, ended);
  if (count === null) return { outcome: 'pending', count: 0 } as const;
  const period = { ...ended, keeps: count > 0 };
  if (period.keeps) await delay(SETTLE_MS);
  return { outcome: await swapPatiently(client, period, givesUpAt), count };
}

async function swapPatiently(client: ClientBase, period: EndedPeriod, givesUpAt: number) {
  let patienceMs = SHORTEST_SWAP_PATIENCE_MS;
  for (;;) {
    const outcome = await swapPeriod(client, period, patienceMs);
    if (outcome !== 'busy' || performance.now() >= givesUpAt) return outcome;
    await delay(Math.max(SHORTEST_PAUSE_MS, patienceMs * PAUSE_FACTOR));
    patienceMs = Math.min(patienceMs * 2, LONGEST_SWAP_PATIENCE_MS);
  }
}

async function repeat(step: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const count = await step();
    total += count;
    if (count < BATCH) return total;
  }
}

import type { Kysely, Transaction } from 'kysely';
import type { DB } from '../database/tables.ts';
import { timeOfId } from '../ids/event-id.ts';
import type { ReplayScope } from './replay.ts';
import { countPage, readInOrder } from './replay-pages.repository.ts';

export type ReplayCount = {
  /** How many the range holds that are asked for. */
  readonly total: number;
  /** Of these, how many the target has a delivery of already. */
  readonly skipped: number;
  /** Not all of the range was counted; the numbers are reckoned from what was. */
  readonly is_estimate: boolean;
};

const ROWS_AT_ONCE = 20_000;
const COUNT_FOR_MS = 3_000;

/** Counts what a replay would find. Takes three seconds at most, give or take one page. */
export function countScope(db: Kysely<DB>, scope: ReplayScope): Promise<ReplayCount> {
  return db.transaction().execute(async (trx) => {
    await readInOrder(trx);
    return countPages(trx, scope);
  });
}

async function countPages(trx: Transaction<DB>, scope: ReplayScope): Promise<ReplayCount> {
  const deadline = performance.now() + COUNT_FOR_MS;
  let [total, skipped, afterId] = [0, 0, scope.after_id];
  let firstId: string | null = null;
  for (;;) {
    const page = await countPage(trx, scope, { afterId, scan: ROWS_AT_ONCE });
    total += page.asked;
    skipped += page.skipped;
    firstId ??= page.first_id;
    if (page.scanned < ROWS_AT_ONCE || page.last_id === null || firstId === null) {
      return { total, skipped, is_estimate: false };
    }
    afterId = page.last_id;
    if (performance.now() > deadline) break;
  }
  const factor = spanOf(firstId, scope.before_id) / spanOf(firstId, afterId);
  return {
    total: Math.round(total * factor),
    skipped: Math.round(skipped * factor),
    is_estimate: true,
  };
}

function spanOf(fromId: string, untilId: string): number {
  return Math.max(timeOfId(untilId).getTime() - timeOfId(fromId).getTime(), 1);
}

import type { Kysely } from 'kysely';
import type { DB } from '../database/tables.ts';
import { timeOfId } from '../events/event-id.ts';
import type { ReplayScope } from './replay.ts';
import { countPage } from './replay-pages.repository.ts';

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
export async function countScope(db: Kysely<DB>, scope: ReplayScope): Promise<ReplayCount> {
  const deadline = performance.now() + COUNT_FOR_MS;
  let [total, skipped, afterId] = [0, 0, scope.after_id];
  for (;;) {
    const page = await countPage(db, scope, { afterId, scan: ROWS_AT_ONCE });
    total += page.asked;
    skipped += page.skipped;
    if (page.scanned < ROWS_AT_ONCE || page.last_id === null) {
      return { total, skipped, is_estimate: false };
    }
    afterId = page.last_id;
    if (performance.now() > deadline) break;
  }
  const share = 1 / shareOf(scope, afterId);
  return { total: Math.round(total * share), skipped: Math.round(skipped * share), is_estimate: true };
}

/** How much of a scope's time lies before an id. */
function shareOf({ after_id: first, before_id: last }: ReplayScope, id: string): number {
  const [from, at, until] = [first, id, last].map((one) => timeOfId(one).getTime()) as
    [number, number, number];
  return Math.max(at - from, 1) / Math.max(until - from, at - from, 1);
}

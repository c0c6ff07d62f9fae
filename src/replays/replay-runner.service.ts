import { setTimeout as delay } from 'node:timers/promises';
import type { Kysely } from 'kysely';
import { must } from '../base/must.ts';
import type { DB } from '../database/tables.ts';
import { compileFilter, filterableEvent, parseFilter } from '../matching/filter.ts';
import { isRearming } from './replay.ts';
import {
  doPage,
  findEventTexts,
  findPage,
  findStep,
  type Page,
  type Step,
} from './replay-pages.repository.ts';
import { findStranded, planRun } from './replays.repository.ts';

export type ReplayRunner = {
  /**
   * Continues a replay for about a second and then, unless it has ended or was stopped, plans
   * the next run. Any number may do the same one: each page is done once.
   */
  run(replayId: string): Promise<void>;
  /** Plans a run of each replay whose job was lost. */
  repair(): Promise<void>;
};

export type ReplayRunnerDeps = {
  /** Over connections of its own: a page takes longer than what deliveries are loaded with. */
  db: Kysely<DB>;
};

const RUN_FOR_MS = 1_000;
/** Runs under way in a process; the rest take turns, so that they never hold all of its jobs. */
const RUNS_AT_ONCE = 4;
const TURN_AFTER_MS = 1_000;
/** Deliveries in a page, and rows looked at for them while few are asked for. */
const PAGE = 1_000;
const MAX_SCAN = 16_000;
/** The next page waits while so much of the last one is queued, so that others find room there. */
const MAX_QUEUED = PAGE / 2;
const QUEUE_NAP_MS = 20;
/** A run waits this long within itself; for anything longer it comes again. */
const MAX_NAP_MS = 250;
/** Pages of a rate-limited replay are this much of a second. */
const PAGES_A_SECOND = 4;
/** Payloads of a megabyte at most are held at once for a content filter. */
const FILTERED_AT_ONCE = 50;

type Progress =
  | { readonly kind: 'ended' }
  | { readonly kind: 'wait'; readonly waitMs: number }
  | { readonly kind: 'moved'; readonly isFull: boolean };

export function createReplayRunner({ db }: ReplayRunnerDeps): ReplayRunner {
  let underWay = 0;

  async function choose(step: Step, page: Page): Promise<string[]> {
    const ids = isRearming(step) ? page.ids : page.event_ids;
    if (step.filter === null) return [...new Set(ids)];
    const filter = compileFilter(parseFilter(step.filter));
    const chosen = new Set<string>();
    for (let first = 0; first < ids.length; first += FILTERED_AT_ONCE) {
      const eventIds = page.event_ids.slice(first, first + FILTERED_AT_ONCE);
      const events = await findEventTexts(db, eventIds);
      eventIds.forEach((eventId, index) => {
        const event = events.get(eventId);
        if (event === undefined || !filter.matches(filterableEvent(event))) return;
        chosen.add(must(ids[first + index], 'the id of an event of the page'));
      });
    }
    return [...chosen];
  }

  async function doNextPage(id: string, scan: number): Promise<Progress> {
    const step = await findStep(db, id, MAX_QUEUED);
    if (step?.status !== 'running') return { kind: 'ended' };
    if (step.wait_ms > 0) return { kind: 'wait', waitMs: Math.ceil(step.wait_ms) };
    if (step.queued >= MAX_QUEUED) return { kind: 'wait', waitMs: QUEUE_NAP_MS };

    const limit = Math.min(PAGE, Math.ceil((step.rate_limit ?? Infinity) / PAGES_A_SECOND));
    const page = await findPage(db, step, { afterId: step.position_id, scan, limit });
    const isFull = page.ids.length === limit;
    const isLast = !isFull && page.scanned < scan;
    const lastId = isFull ? page.ids.at(-1) : page.last_id;
    await doPage(db, {
      id,
      afterId: step.position_id,
      untilId: isLast ? step.before_id : must(lastId, 'the end of the page'),
      ids: await choose(step, page),
      seen: page.ids.length,
      isLast,
    });
    return { kind: 'moved', isFull };
  }

  async function runOnce(id: string): Promise<void> {
    const endAtMs = performance.now() + RUN_FOR_MS;
    let scan = PAGE;
    while (performance.now() < endAtMs) {
      const progress = await doNextPage(id, scan);
      if (progress.kind === 'ended') return;
      if (progress.kind === 'moved') {
        scan = progress.isFull ? PAGE : Math.min(scan * 2, MAX_SCAN);
      } else if (progress.waitMs > MAX_NAP_MS) {
        return planRun(db, id, progress.waitMs);
      } else {
        await delay(progress.waitMs);
      }
    }
    await planRun(db, id, 0);
  }

  return {
    async run(id) {
      if (underWay >= RUNS_AT_ONCE) return planRun(db, id, TURN_AFTER_MS);
      underWay += 1;
      try {
        await runOnce(id);
      } finally {
        underWay -= 1;
      }
    },
    async repair() {
      for (const id of await findStranded(db)) await planRun(db, id, 0);
    },
  };
}

import { parseCronItems } from 'graphile-worker';
import type { Config } from '../config/config.ts';
import type { CronEntry } from './runner.ts';

/** By the database's clock, see sweep-planner.ts. */
const SWEEP: CronEntry = { pattern: '* * * * *', task: 'sweep' };

/** What the queue itself starts by its clock. */
export function runnerCron({ cleanupCron }: Pick<Config, 'cleanupCron'>): readonly CronEntry[] {
  return [{ pattern: cleanupCron, task: 'maintain' }];
}

/** Everything that runs by a clock. */
export function cronEntries(config: Pick<Config, 'cleanupCron'>): readonly CronEntry[] {
  return [SWEEP, ...runnerCron(config)];
}

const MINUTE_MS = 60_000;
const DAY_MINUTES = 1_440;
const HORIZON_DAYS = 366;

/** The first minute after `afterMs` that a cron pattern (in UTC) names; undefined within a year. */
export function nextRun(pattern: string, afterMs: number): Date | undefined {
  const [item] = parseCronItems([{ match: pattern, task: 'any', identifier: 'any' }]);
  const matches = item?.match;
  if (typeof matches !== 'function') return undefined;
  let ms = (Math.floor(afterMs / MINUTE_MS) + 1) * MINUTE_MS;
  for (let minute = 0; minute < HORIZON_DAYS * DAY_MINUTES; minute += 1, ms += MINUTE_MS) {
    const at = new Date(ms);
    const digest = {
      min: at.getUTCMinutes(),
      hour: at.getUTCHours(),
      date: at.getUTCDate(),
      month: at.getUTCMonth() + 1,
      dow: at.getUTCDay(),
    };
    if (matches(digest)) return at;
  }
  return undefined;
}

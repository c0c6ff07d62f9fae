import type { Config } from '../config/config.ts';
import type { CronEntry } from './runner.ts';

/** Everything that runs by the clock; `sweep` by the database's, see sweep-planner.ts. */
export function cronEntries({ cleanupCron }: Pick<Config, 'cleanupCron'>): readonly CronEntry[] {
  return [
    { pattern: '* * * * *', task: 'sweep' },
    { pattern: cleanupCron, task: 'maintain' },
  ];
}

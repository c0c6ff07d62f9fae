import { readFile } from 'node:fs/promises';
import { measure, type Row } from '../measure.ts';
import { eventTypes, ONE_PROCESS, onStage, type Bench, type Stage } from '../stage.ts';
import { CLIENTS, SUBSCRIPTIONS } from './saturate.ts';

export const EMPTY = 'backlog, empty';
export const RETRIES = 'backlog, retries waiting';
export const HISTORY = 'backlog, and history';

const ROWS_AT_ONCE = 100_000;
const ATTEMPTS_PER_EVENT = 10;

/** Saturation on an empty database, then with retries that wait, then with history as well. */
export function backlog(bench: Bench): Promise<Row[]> {
  const types = eventTypes(SUBSCRIPTIONS);
  const load = { eventTypes: types, pace: { clients: CLIENTS } };
  const endpoints = types.map((eventType) => ({ eventType }));
  return onStage(bench, { programs: ONE_PROCESS, endpoints }, async (stage) => {
    const { retries, history } = bench.options;
    const rows = [await measure(stage, { name: EMPTY, load })];
    await fill(stage, 'retries', retries);
    rows.push(await measure(stage, { name: RETRIES, load }));
    await fill(stage, 'history', Math.ceil(history / ATTEMPTS_PER_EVENT));
    rows.push(await measure(stage, { name: HISTORY, load }));
    return rows;
  });
}

/** Inserts events with all that comes of them, some at a time; $1 and $2 number them, of $3. */
async function fill({ bench, database }: Stage, what: 'retries' | 'history', count: number) {
  const insert = await readFile(new URL(`../sql/${what}.sql`, import.meta.url), 'utf8');
  await database.query("select posthorn.ensure_partitions(now() - interval '60 hours', now())");
  for (let first = 1; first <= count; first += ROWS_AT_ONCE) {
    const last = Math.min(count, first + ROWS_AT_ONCE - 1);
    await database.query(insert, [first, last, count]);
    bench.say(
      `inserting ${what}: ${last.toLocaleString('en')} of ${count.toLocaleString('en')} events`,
    );
  }
  if (what === 'retries') {
    await database.query(`select posthorn.schedule_promotions(array(
      select distinct next_attempt_at from posthorn.deliveries where next_attempt_at is not null))`);
  }
  await database.query('vacuum (analyze) posthorn.events, posthorn.deliveries, posthorn.attempts');
}

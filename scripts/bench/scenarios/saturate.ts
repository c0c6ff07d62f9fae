import { measure, type Row } from '../measure.ts';
import { eventTypes, ONE_PROCESS, onStage, TWO_PROCESSES, type Bench } from '../stage.ts';

export const SUBSCRIPTIONS = 50;
/** Enough that the service is what limits; from here on more of them only wait longer. */
export const CLIENTS = 192;

/** What a row of this scenario is called, for those who compare with it. */
export const SATURATE = 'saturate, one process';

/** As fast as it goes: each client publishes its next event once the last one is accepted. */
export async function saturate(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  const variants = [
    [SATURATE, ONE_PROCESS],
    ['saturate, api + worker', TWO_PROCESSES],
  ] as const;
  for (const [name, programs] of variants) {
    const types = eventTypes(SUBSCRIPTIONS);
    rows.push(
      await onStage(
        bench,
        { programs, endpoints: types.map((eventType) => ({ eventType })) },
        (stage) =>
          measure(stage, { name, load: { eventTypes: types, pace: { clients: CLIENTS } } }),
      ),
    );
  }
  return rows;
}

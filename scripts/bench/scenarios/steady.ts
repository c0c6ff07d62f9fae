import { figuresOf } from '../figures.ts';
import { measure, type Row } from '../measure.ts';
import { eventTypes, ONE_PROCESS, onStage, type Bench } from '../stage.ts';
import { CLIENTS, SATURATE, SUBSCRIPTIONS } from './saturate.ts';

const RATES = [50, 1_000];

/** At rates below the maximum, where latency is what counts. */
export function steady(bench: Bench): Promise<Row[]> {
  const types = eventTypes(SUBSCRIPTIONS);
  const endpoints = types.map((eventType) => ({ eventType }));
  return onStage(bench, { programs: ONE_PROCESS, endpoints }, async (stage) => {
    let maximum = bench.rates.get(SATURATE);
    if (maximum === undefined) {
      const row = await measure(stage, {
        name: 'finding the maximum',
        load: { eventTypes: types, pace: { clients: CLIENTS } },
        runs: 1,
      });
      maximum = figuresOf(row).deliveredPerSecond;
    }
    const rows: Row[] = [];
    for (const perSecond of [...RATES, Math.round(maximum / 2)]) {
      rows.push(
        await measure(stage, {
          name: `steady, ${perSecond.toLocaleString('en')}/s`,
          load: { eventTypes: types, pace: { perSecond } },
        }),
      );
    }
    return rows;
  });
}

import { measure, type Row } from '../measure.ts';
import { eventTypes, ONE_PROCESS, onStage, type Bench } from '../stage.ts';
import { CLIENTS } from './saturate.ts';

/** Accepting is so much cheaper here than delivering that a limit has to hold it back. */
const DELIVERIES_PER_SECOND = 8_000;

/** One event type that many subscriptions want. */
export async function fanout(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const [name, fanOut, clients] of [
    ['fanout, 1 → 1,000', 1_000, 1],
    ['fanout, 100 → 100', 100, CLIENTS],
  ] as const) {
    const types = eventTypes(1);
    const [eventType] = types as [string];
    const perSecond = DELIVERIES_PER_SECOND / fanOut;
    rows.push(
      await onStage(
        bench,
        {
          programs: ONE_PROCESS,
          endpoints: Array.from({ length: fanOut }, () => ({ eventType })),
        },
        (stage) =>
          measure(stage, {
            name,
            fanOut,
            load: {
              eventTypes: types,
              pace: { clients },
              maxEvents: bench.options.seconds * perSecond,
            },
            warmUpEvents: bench.options.warmUpSeconds * perSecond,
          }),
      ),
    );
  }
  return rows;
}

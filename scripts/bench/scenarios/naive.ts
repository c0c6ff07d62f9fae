import { measure, type Row } from '../measure.ts';
import { eventTypes, NAIVE, onStage, type Bench } from '../stage.ts';
import { CLIENTS, SUBSCRIPTIONS } from './saturate.ts';

/**
 * It accepts faster than it delivers: more events than these a second would only wait. Fewer of
 * them flatter it, since publishing ends early and leaves the machine to delivering.
 */
const VARIANTS = [
  { name: 'naive, defaults', env: {}, eventsPerSecond: 200 },
  { name: 'naive, 24 jobs at once', env: { JOBS: '24' }, eventsPerSecond: 500 },
] as const;
const WARM_UP_EVENTS = 300;

/** The reference, once with Graphile Worker's defaults and once with the concurrency most give it. */
export async function naive(bench: Bench): Promise<Row[]> {
  const rows: Row[] = [];
  for (const { name, env, eventsPerSecond } of VARIANTS) {
    const types = eventTypes(SUBSCRIPTIONS);
    rows.push(
      await onStage(
        bench,
        { programs: NAIVE, env, endpoints: types.map((eventType) => ({ eventType })) },
        (stage) =>
          measure(stage, {
            name,
            load: {
              eventTypes: types,
              pace: { clients: CLIENTS },
              maxEvents: bench.options.seconds * eventsPerSecond,
            },
            warmUpEvents: WARM_UP_EVENTS,
          }),
      ),
    );
  }
  return rows;
}

import { setTimeout as delay } from 'node:timers/promises';
import { atRandom, seconds, underLoad, untilHealed, type Scenario } from '../campaign.ts';
import { findHeldBy } from '../in-flight.ts';
import { until } from '../wait.ts';

/** The limit of the beat, a tick of the one who takes over, and a busy machine. */
const TAKEN_OVER_WITHIN_MS = 6_000;
const FROZEN_SHORT_MS = 8_000;
const FROZEN_LONG_MS = 60_000;

export const freezeWorker: Scenario = {
  name: 'freeze-worker',
  fault: 'worker frozen (SIGSTOP), then woken',
  longMinutes: 11,
  run: (context) =>
    underLoad(
      context,
      async (under) => {
        const { stage, random } = context;
        const repetitions = context.repetitions(2, 10);
        const takenOver: number[] = [];
        for (let i = 0; i < repetitions; i += 1) {
          await atRandom(random);
          const victim = random.pick(stage.workers);
          const fromMs = performance.now();
          victim.freeze();
          under.faults.push({ atMs: fromMs, inFlight: await findHeldBy(stage, victim) });
          await until('take-over', 30_000, async () => {
            const rows = await stage.postgres.query(
              'select from posthorn.workers where process_id = $1',
              [victim.pid],
            );
            return rows.length === 0;
          });
          takenOver.push(performance.now() - fromMs);
          await delay(
            (context.isLong ? FROZEN_LONG_MS : FROZEN_SHORT_MS) - (performance.now() - fromMs),
          );
          victim.thaw();
          await untilHealed(stage, under.load, TAKEN_OVER_WITHIN_MS);
          context.say(
            `${i + 1} of ${repetitions}, taken over after ${seconds(takenOver.at(-1) as number)}`,
          );
        }
        const worst = Math.max(0, ...takenOver);
        under.figures.push(`taken over within ${seconds(worst)}`);
        if (worst > TAKEN_OVER_WITHIN_MS * context.slack)
          under.violations.push(`taken over after ${seconds(worst)}`);
        return repetitions;
      },
      { perSecond: 80 },
    ),
};

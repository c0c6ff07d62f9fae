import { setTimeout as delay } from 'node:timers/promises';
import {
  atRandom,
  seconds,
  underLoad,
  untilHealed,
  type Context,
  type Outcome,
  type Scenario,
  type UnderLoad,
} from '../campaign.ts';
import { findHeldBy, type Fault } from '../in-flight.ts';
import type { FaultyProcess } from '../process.ts';
import type { Arrival } from '../receiver.ts';
import { openStage, type Stage } from '../stage.ts';
import { happens, quantile } from '../wait.ts';

const RUNNING_AGAIN_WITHIN_MS = 5_000;
/** What the dead had written is in the receiver's buffers and takes a turn or two to be read. */
const READ_WITHIN_MS = 100;
const SAY_EVERY = 10;

/** SIGKILL, a moment after SIGSTOP: what the worker holds is then known exactly. */
async function kill(stage: Stage, victim: FaultyProcess): Promise<Fault> {
  const atMs = performance.now();
  victim.freeze();
  const inFlight = await findHeldBy(stage, victim);
  await victim.kill();
  return { atMs, inFlight, arrivedByMs: performance.now() + READ_WITHIN_MS };
}

/** How long it took until each delivery that a dead worker held was sent again. */
function waitsAfter({ load, faults }: UnderLoad): number[] {
  const byDelivery = Map.groupBy<string, Arrival>(
    [...load.arrivals.values()].flat(),
    ({ deliveryId }) => deliveryId,
  );
  return faults.flatMap(({ atMs, inFlight, arrivedByMs = atMs }) =>
    [...inFlight].flatMap((id) => {
      const again = byDelivery.get(id)?.find((arrival) => arrival.atMs > arrivedByMs);
      // Its record may have been on its way, and then it is not sent again.
      return again === undefined ? [] : [again.atMs - atMs];
    }),
  );
}

function killThoseWhoDeliver(context: Context): Promise<Outcome> {
  return underLoad(
    context,
    async (under) => {
      const { stage, random } = context;
      const repetitions = context.repetitions(5, 100);
      for (let i = 1; i <= repetitions; i += 1) {
        await atRandom(random, 100, 600);
        const victim = random.pick(stage.workers);
        under.faults.push(await kill(stage, victim));
        await delay(random.between(0, 1_000));
        await victim.start();
        if (i % SAY_EVERY === 0) context.say(`${i} of ${repetitions} kills`);
      }
      await delay(RUNNING_AGAIN_WITHIN_MS);
      const waits = waitsAfter(under);
      const p99 = quantile(waits, 0.99);
      under.figures.push(
        `running again p99 ${seconds(p99)} of ${waits.length} held up, ` +
          `${seconds(Math.max(0, ...waits))} at the most`,
      );
      if (p99 > RUNNING_AGAIN_WITHIN_MS * context.slack) {
        under.violations.push(`running again at p99 after ${seconds(p99)}`);
      }
      return repetitions;
    },
    { perSecond: 80 },
  );
}

export const killWorker: Scenario = {
  name: 'kill-worker',
  fault: 'kill -9 a worker mid-flight',
  longMinutes: 6,
  run: killThoseWhoDeliver,
};

/** What such a process accepts it also hands to its own sender in memory, which dies with it. */
export const killAll: Scenario = {
  name: 'kill-all',
  fault: 'kill -9 a process that accepts and delivers',
  longMinutes: 6,
  async run(context) {
    const stage = await openStage({
      name: 'kill-all',
      workDir: context.workDir,
      isTogether: true,
    });
    try {
      return await killThoseWhoDeliver({ ...context, stage });
    } finally {
      await stage.close();
    }
  },
};

export const killApi: Scenario = {
  name: 'kill-api',
  fault: 'kill -9 an API process right after a 202, and mid-request',
  longMinutes: 6,
  run: (context) =>
    underLoad(
      context,
      async (under) => {
        const { stage, random } = context;
        const repetitions = context.repetitions(5, 100);
        for (let i = 1; i <= repetitions; i += 1) {
          await atRandom(random, 100, 600);
          const victim = random.pick(stage.apis);
          if (i % 2 === 0) {
            const seen = under.load.ledger.answers.length;
            await happens(1_000, () =>
              under.load.ledger.answers.slice(seen).some(({ status }) => status === 202),
            );
          }
          await victim.kill();
          await delay(random.between(0, 300));
          await victim.start();
          if (i % SAY_EVERY === 0) context.say(`${i} of ${repetitions} kills`);
        }
        return repetitions;
      },
      { perSecond: 80 },
    ),
};

const RESTART_HEALED_WITHIN_MS = 10_000;

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  fault: 'SIGTERM under load, rolling restart of every process',
  longMinutes: 10,
  run: (context) =>
    underLoad(
      context,
      async (under) => {
        const { stage, random } = context;
        const repetitions = context.repetitions(1, 50);
        const restart = async (one: FaultyProcess): Promise<void> => {
          await atRandom(random, 0, 300);
          const how = await one.terminate();
          if (how !== 'code 0') under.violations.push(`${one.name} ended with ${how} on SIGTERM`);
          await one.start();
        };
        for (let i = 1; i <= repetitions; i += 1) {
          // As of two hosts with an API and a worker each: one host after the other.
          const [apis, workers] = [random.shuffle(stage.apis), random.shuffle(stage.workers)];
          for (const [index, api] of apis.entries()) {
            await Promise.all([restart(api), restart(workers[index] as FaultyProcess)]);
          }
          context.say(`${i} of ${repetitions} restarts of all`);
        }
        const healedMs = await untilHealed(stage, under.load, RESTART_HEALED_WITHIN_MS);
        if (healedMs > RESTART_HEALED_WITHIN_MS * context.slack) {
          under.violations.push(`healed in ${seconds(healedMs)}`);
        }
        return repetitions;
      },
      { perSecond: 80 },
    ),
};

import { setTimeout as delay } from 'node:timers/promises';
import {
  atRandom, seconds, underLoad, untilHealed, type Scenario, type UnderLoad,
} from '../campaign.ts';
import { happens, quantile } from '../wait.ts';

const RUNNING_AGAIN_WITHIN_MS = 5_000;

/** What was accepted this long before a kill may be in the dead worker's hands. */
const IN_HANDS_MS = 2_000;

/** How long those waited that had been accepted, but had not arrived, when the worker died. */
function waitsAfter({ load }: UnderLoad, killedAtMs: number): number[] {
  return [...load.ledger.entries.values()].flatMap(({ seq, acceptedAtMs }) => {
    if (acceptedAtMs === undefined || acceptedAtMs > killedAtMs) return [];
    if (acceptedAtMs < killedAtMs - IN_HANDS_MS) return [];
    const first = load.arrivals.get(seq)?.[0];
    return first === undefined || first.atMs < killedAtMs ? [] : [first.atMs - killedAtMs];
  });
}

export const killWorker: Scenario = {
  name: 'kill-worker',
  fault: 'kill -9 a worker mid-flight',
  run: (context) => underLoad(context, async (under) => {
    const { stage, random } = context;
    const repetitions = context.repetitions(5, 100);
    const kills: number[] = [];
    for (let i = 0; i < repetitions; i += 1) {
      await atRandom(random);
      const victim = random.pick(stage.workers);
      const atMs = performance.now();
      await victim.kill();
      under.windows.push({ fromMs: atMs, toMs: performance.now() + 100 });
      kills.push(atMs);
      await delay(random.between(0, 1_500));
      await victim.start();
    }
    await delay(RUNNING_AGAIN_WITHIN_MS);
    const waits = kills.flatMap((atMs) => waitsAfter(under, atMs));
    const p99 = quantile(waits, 0.99);
    under.figures.push(`running again p99 ${seconds(p99)} of ${waits.length} held up`);
    if (p99 > RUNNING_AGAIN_WITHIN_MS * context.slack) under.violations.push(`running again at p99 after ${seconds(p99)}`);
    return repetitions;
  }, { perSecond: 80 }),
};

export const killApi: Scenario = {
  name: 'kill-api',
  fault: 'kill -9 an API process right after a 202, and mid-request',
  run: (context) => underLoad(context, async (under) => {
    const { stage, random } = context;
    const repetitions = context.repetitions(5, 100);
    for (let i = 0; i < repetitions; i += 1) {
      await atRandom(random);
      const victim = random.pick(stage.apis);
      if (i % 2 === 0) {
        const seen = under.load.ledger.answers.length;
        await happens(1_000, () =>
          under.load.ledger.answers.slice(seen).some(({ status }) => status === 202));
      }
      await victim.kill();
      await delay(random.between(0, 300));
      await victim.start();
    }
    return repetitions;
  }, { perSecond: 80 }),
};

const RESTART_HEALED_WITHIN_MS = 10_000;

export const rollingRestart: Scenario = {
  name: 'rolling-restart',
  fault: 'SIGTERM under load, rolling restart of every process',
  run: (context) => underLoad(context, async (under) => {
    const { stage, random } = context;
    const repetitions = context.repetitions(1, 50);
    for (let i = 0; i < repetitions; i += 1) {
      for (const one of random.shuffle(stage.processes)) {
        await atRandom(random, 100, 500);
        const how = await one.terminate();
        if (how !== 'code 0') under.violations.push(`${one.name} ended with ${how} on SIGTERM`);
        await one.start();
      }
    }
    const healedMs = await untilHealed(stage, under.load, RESTART_HEALED_WITHIN_MS);
    if (healedMs > RESTART_HEALED_WITHIN_MS * context.slack) under.violations.push(`healed in ${seconds(healedMs)}`);
    return repetitions;
  }, { perSecond: 80 }),
};

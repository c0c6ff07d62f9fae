import { setTimeout as delay } from 'node:timers/promises';
import { underLoad, type Scenario, type UnderLoad } from '../campaign.ts';
import type { FaultyRedis } from '../redis.ts';
import { quantile } from '../wait.ts';

/** On a busy machine a p99 of a few milliseconds says nothing; this is taken as the least. */
const LEAST_P99_MS = 15;
const MOST_TIMES = 3;
const STRETCH_MS = 2_500;
const SLOW_MS = 300;

function p99Between({ load }: UnderLoad, fromMs: number, toMs: number): number {
  return quantile(
    load.ledger.answers
      .filter(({ atMs }) => atMs >= fromMs && atMs <= toMs)
      .map(({ latencyMs }) => latencyMs),
    0.99,
  );
}

async function measure(under: UnderLoad, ms: number): Promise<number> {
  const fromMs = performance.now();
  await delay(ms);
  return p99Between(under, fromMs, performance.now());
}

/** Each begins its fault and answers what ends it. */
const FAULTS: Readonly<Record<string, (redis: FaultyRedis) => Promise<() => Promise<void>>>> = {
  async down(redis) {
    await redis.kill();
    return () => redis.start();
  },
  async flushed(redis) {
    await redis.flush();
    return async () => undefined;
  },
  async slow(redis) {
    redis.setDelay(SLOW_MS);
    return async () => redis.setDelay(0);
  },
};

export const troubleRedis: Scenario = {
  name: 'redis',
  fault: 'Redis down, up, flushed, slow',
  longMinutes: 4,
  async run(context) {
    const { redis } = context.stage;
    if (redis === undefined) {
      return {
        repetitions: 0,
        figures: [],
        violations: [],
        skipped: 'redis-server is not installed',
      };
    }
    return underLoad(
      context,
      async (under) => {
        const each = context.repetitions(2, 20);
        const quietMs = await measure(under, 2 * STRETCH_MS);
        const limitMs = MOST_TIMES * context.slack * Math.max(quietMs, LEAST_P99_MS);
        for (const [name, begin] of Object.entries(FAULTS)) {
          let worstMs = 0;
          for (let i = 0; i < each; i += 1) {
            const end = await begin(redis);
            worstMs = Math.max(worstMs, await measure(under, STRETCH_MS));
            await end();
            worstMs = Math.max(worstMs, await measure(under, STRETCH_MS / 2));
          }
          context.say(`${each} times ${name}`);
          under.figures.push(`${name}: p99 ${Math.round(worstMs)} ms`);
          if (worstMs > limitMs) {
            under.violations.push(
              `${name}: p99 ${Math.round(worstMs)} ms, without trouble ${Math.round(quietMs)} ms`,
            );
          }
        }
        under.figures.push(`without trouble: p99 ${Math.round(quietMs)} ms`);
        return each * Object.keys(FAULTS).length;
      },
      { allowedStatuses: [] },
    );
  },
};

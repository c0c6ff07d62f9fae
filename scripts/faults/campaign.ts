import { setTimeout as delay } from 'node:timers/promises';
import type { Fault } from './in-flight.ts';
import { startLoad, type Load } from './load.ts';
import type { Random } from './random.ts';
import type { Stage } from './stage.ts';
import { judge } from './verdict.ts';
import { until } from './wait.ts';

/** What a scenario came to. */
export type Outcome = {
  readonly repetitions: number;
  /** What was measured, in words. */
  readonly figures: readonly string[];
  /** What should have held and did not; empty is a pass. */
  readonly violations: readonly string[];
  /** Why it could not run here. */
  readonly skipped?: string;
  /** The parts of it that could not be done here. */
  readonly leftOut?: readonly string[];
};

export type Context = {
  /** The stage that scenarios share. */
  readonly stage: Stage;
  readonly random: Random;
  readonly isLong: boolean;
  readonly workDir: string;
  /** What limits of time are multiplied by, for a machine that has other things to do. */
  readonly slack: number;
  /** `--repeat`, or what the form says. */
  repetitions(short: number, long: number): number;
  say(text: string): void;
};

export type Scenario = {
  readonly name: string;
  readonly fault: string;
  /** What the long form takes on two quiet cores. */
  readonly longMinutes: number;
  run(context: Context): Promise<Outcome>;
};

/** The load that a scenario's faults strike, with what its judge has to know. */
export type UnderLoad = {
  readonly load: Load;
  readonly violations: string[];
  readonly figures: string[];
  readonly faults: Fault[];
};

export type UnderLoadOptions = {
  readonly perSecond?: number;
  readonly paddingBytes?: number;
  readonly drainWithinMs?: number;
  /** Statuses that may be answered beside 202; 0 is a connection that broke. */
  readonly allowedStatuses?: readonly number[];
};

const PER_SECOND = 50;
const WARM_UP_MS = 1_000;
const DRAIN_WITHIN_MS = 60_000;

/** Runs the load around a body of faults, drains, and judges. */
export async function underLoad(
  { stage, random }: Pick<Context, 'stage' | 'random'>,
  body: (under: UnderLoad) => Promise<number>,
  options: UnderLoadOptions = {},
): Promise<Outcome> {
  const { perSecond = PER_SECOND, paddingBytes, drainWithinMs = DRAIN_WITHIN_MS } = options;
  const load = startLoad({ stage, random, perSecond, paddingBytes });
  const under: UnderLoad = { load, violations: [], figures: [], faults: [] };
  let repetitions = 0;
  try {
    await delay(WARM_UP_MS);
    repetitions = await body(under);
  } finally {
    await load.stop();
  }
  const verdict = await judge(stage, load, { drainWithinMs, faults: under.faults });
  return {
    repetitions,
    figures: [
      `${verdict.accepted} accepted, ${verdict.lost} lost, ${verdict.doubled} doubled` +
        (under.faults.length > 0 ? ` of ${verdict.inFlight} in flight` : '') +
        (verdict.answeredLate > 0 ? `, ${verdict.answeredLate} answered too late` : ''),
      ...under.figures,
    ],
    violations: [
      ...under.violations,
      ...checkStatuses(load, options.allowedStatuses ?? [0, 503]),
      ...verdict.violations,
    ],
  };
}

function checkStatuses(load: Load, allowed: readonly number[]): string[] {
  const counts = new Map<string, number>();
  for (const { status, hasRetryAfter } of load.ledger.answers) {
    const isRight =
      status === 202 || (allowed.includes(status) && (status !== 503 || hasRetryAfter));
    if (isRight) continue;
    const what = status === 503 && !hasRetryAfter ? '503 without Retry-After' : String(status);
    counts.set(what, (counts.get(what) ?? 0) + 1);
  }
  return [...counts].map(([what, count]) => `${count} requests were answered ${what}`);
}

/**
 * How long it takes from now until both APIs accept, both workers are registered, and what is
 * accepted arrives.
 */
export async function untilHealed(stage: Stage, load: Load, limitMs: number): Promise<number> {
  const fromMs = performance.now();
  const slackMs = limitMs * 3;
  await Promise.all([
    until('two living workers', slackMs, async () => (await stage.countWorkers()) >= 2),
    ...stage.apis.map(async ({ origin }) => {
      const entry = await load.probe(origin, slackMs);
      await until('delivery after the fault', slackMs, () => load.arrivals.has(entry.seq));
    }),
  ]).catch(() => undefined);
  return performance.now() - fromMs;
}

/** Runs a repetition at a random moment of the load. */
export async function atRandom(random: Random, leastMs = 100, mostMs = 900): Promise<void> {
  await delay(random.between(leastMs, mostMs));
}

/** A stretch of time. */
export type Window = { readonly fromMs: number; readonly toMs: number };

/** Waits, from the given moment, between acceptance and arrival of what was accepted in a stretch. */
export function waitsFrom(load: Load, { fromMs, toMs }: Window): number[] {
  return [...load.ledger.entries.values()].flatMap(({ seq, behaviour, acceptedAtMs }) => {
    if (acceptedAtMs === undefined || behaviour === 'flaky') return [];
    if (acceptedAtMs < fromMs || acceptedAtMs > toMs) return [];
    const arrival = load.arrivals.get(seq)?.[0];
    return arrival === undefined ? [] : [Math.max(0, arrival.atMs - acceptedAtMs)];
  });
}

export function checkHealing(
  what: string,
  healedMs: readonly number[],
  mostMs: number,
  under: UnderLoad,
  slack: number,
): void {
  const limitMs = mostMs * slack;
  const worst = Math.max(0, ...healedMs);
  under.figures.push(`healed in ${seconds(worst)} at the most`);
  if (worst > limitMs)
    under.violations.push(`${what} healed in ${seconds(worst)}, over ${seconds(limitMs)}`);
}

export function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

import type { Statement } from './postgres.ts';
import { run, type Run, type RunOptions } from './run.ts';
import type { Stage } from './stage.ts';

/** A line of the table: the runs of one load on one stage. */
export type Row = {
  readonly name: string;
  readonly runs: readonly Run[];
  readonly statements?: {
    readonly perDelivery: number;
    readonly costliest: readonly Statement[];
  };
};

export type Measurement = RunOptions & {
  readonly name: string;
  /** A load of its own for the warm-up. */
  readonly warmUpEvents?: number;
  /** Instead of what the session asks for. */
  readonly runs?: number;
};

const COUNTING_SECONDS = 5;

/** Warms up, repeats, and counts statements in a run of its own. */
export async function measure(stage: Stage, what: Measurement): Promise<Row> {
  const { options, say } = stage.bench;
  const count = what.runs ?? options.runs;
  say(`${what.name}: warming up`);
  await run(stage, {
    ...what,
    load: {
      ...what.load,
      seconds: options.warmUpSeconds,
      maxEvents: what.warmUpEvents ?? what.load.maxEvents,
    },
  });
  const runs: Run[] = [];
  for (let index = 1; index <= count; index += 1) {
    const result = await run(stage, what);
    runs.push(result);
    say(
      `${what.name}: run ${index} of ${count}, ${Math.round(result.deliveredPerSecond)} delivered/s`,
    );
  }
  return { name: what.name, runs, statements: await countStatements(stage, what) };
}

async function countStatements(stage: Stage, what: Measurement): Promise<Row['statements']> {
  const whole = what.load.seconds ?? stage.bench.options.seconds;
  const seconds = Math.min(COUNTING_SECONDS, whole);
  const maxEvents = what.load.maxEvents && Math.ceil((what.load.maxEvents * seconds) / whole);
  const counter = await stage.database.countStatements();
  const { deliveries } = await run(stage, { ...what, load: { ...what.load, seconds, maxEvents } });
  const counted = await counter.stop();
  return counted && { perDelivery: counted.count / deliveries, costliest: counted.costliest };
}

import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Context, Outcome, Scenario } from './campaign.ts';
import { createRandom, seedFor } from './random.ts';
import { formatReport, isPassed, type Result } from './report.ts';
import { wrongClock } from './scenarios/clock.ts';
import { cutConnections, stopPostgres } from './scenarios/database.ts';
import { fullDisk } from './scenarios/disk.ts';
import { freezeWorker } from './scenarios/freeze.ts';
import { hostileReceivers } from './scenarios/hostile.ts';
import { killApi, killWorker, rollingRestart } from './scenarios/kills.ts';
import { migrateWhileServing } from './scenarios/migration.ts';
import { troubleRedis } from './scenarios/redis.ts';
import { closeStages, openStage, type Stage } from './stage.ts';

const SCENARIOS: readonly Scenario[] = [
  killWorker, killApi, stopPostgres, cutConnections, troubleRedis, freezeWorker, wrongClock,
  fullDisk, hostileReceivers, rollingRestart, migrateWhileServing,
];

const USAGE = `usage: npm run faults [-- option…]

  --only NAME,…   of ${SCENARIOS.map(({ name }) => name).join(', ')}
  --long          the repetitions that nothing lost is claimed with; takes more than an hour
  --repeat N      repetitions of each fault
  --seed N        repeats a campaign's random moments
  --slack N       multiplies limits of time, for a machine that is busy otherwise (1)
  --keep          leaves the processes' logs behind
  --report FILE   writes the table there as well
`;

/** A scenario that hangs must not hang the campaign. */
const SCENARIO_LIMIT_MS = { short: 240_000, long: 4 * 3_600_000 };

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      long: { type: 'boolean', default: false },
      repeat: { type: 'string' },
      seed: { type: 'string' },
      slack: { type: 'string', default: '1' },
      keep: { type: 'boolean', default: false },
      report: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const names = values.only?.split(',');
  const unknown = names?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  return {
    ...values,
    isWrong: unknown !== undefined,
    scenarios: SCENARIOS.filter(({ name }) => names === undefined || names.includes(name)),
    seedNumber: values.seed === undefined ? Math.floor(Math.random() * 2 ** 31) : Number(values.seed),
    repeatNumber: values.repeat === undefined ? undefined : Number(values.repeat),
  };
}

type Arguments = ReturnType<typeof readArguments>;

const say = (text: string): void => void process.stderr.write(`${text}\n`);

async function playOne(
  scenario: Scenario, stage: Stage, workDir: string, args: Arguments,
): Promise<Result> {
  const fromMs = performance.now();
  const context: Context = {
    stage,
    workDir,
    slack: Number(args.slack),
    random: createRandom(seedFor(args.seedNumber, scenario.name)),
    isLong: args.long,
    repetitions: (short, long) => args.repeatNumber ?? (args.long ? long : short),
    say: (text) => say(`  ${scenario.name}: ${text}`),
  };
  const { promise: tooLate, reject } = Promise.withResolvers<never>();
  const isShort = !args.long && args.repeatNumber === undefined;
  const limitMs = SCENARIO_LIMIT_MS[isShort ? 'short' : 'long'];
  const timer = setTimeout(() => reject(new Error(`not over after ${limitMs} ms`)), limitMs);
  const outcome: Outcome = await Promise.race([scenario.run(context), tooLate])
    .catch((error: Error) => ({
      repetitions: 0, figures: [], violations: [`the scenario broke: ${error.stack}`],
    }));
  clearTimeout(timer);
  const result = { ...outcome, scenario, elapsedMs: performance.now() - fromMs };
  const verdict = result.skipped ?? (isPassed(result) ? 'held' : result.violations.join('\n    '));
  say(`${scenario.name}, ${Math.round(result.elapsedMs / 1_000)} s: ${verdict}`);
  return result;
}

async function play(args: Arguments, workDir: string): Promise<Result[]> {
  const results: Result[] = [];
  let stage = await openStage({ name: 'shared', workDir });
  try {
    for (const scenario of args.scenarios) {
      const result = await playOne(scenario, stage, workDir, args);
      results.push(result);
      if (isPassed(result) || result.skipped !== undefined) continue;
      // One failure must not colour what comes after it.
      await stage.close();
      stage = await openStage({ name: `after-${scenario.name}`, workDir });
    }
  } finally {
    await stage.close();
  }
  return results;
}

async function main(): Promise<void> {
  const args = readArguments();
  if (args.help || args.isWrong) {
    process.stdout.write(USAGE);
    process.exitCode = args.help ? 0 : 1;
    return;
  }
  const workDir = await mkdtemp(join(tmpdir(), 'posthorn-faults-'));
  // Postgres runs as another user when this is root.
  await chmod(workDir, 0o755);
  say(`seed ${args.seedNumber}; logs in ${workDir}`);
  // What was started must not outlive the campaign.
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void closeStages().finally(() => process.exit(130)));
  }
  const results = await play(args, workDir);
  const report = formatReport(results, {
    seed: args.seedNumber, form: args.long ? 'long' : 'short', slack: Number(args.slack),
  });
  process.stdout.write(`\n${report}`);
  if (args.report !== undefined) await writeFile(args.report, report);
  const isClean = results.every((result) => result.violations.length === 0);
  if (isClean && !args.keep) await rm(workDir, { recursive: true, force: true });
  await closeStages();
  process.exit(isClean ? 0 : 1);
}

await main();

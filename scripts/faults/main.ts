import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import type { Context, Outcome, Scenario } from './campaign.ts';
import { openJournal } from './journal.ts';
import { createRandom, seedFor } from './random.ts';
import { formatReport, isPassed, type Result } from './report.ts';
import { wrongClock } from './scenarios/clock.ts';
import { cutConnections, stopPostgres } from './scenarios/database.ts';
import { fullDisk } from './scenarios/disk.ts';
import { freezeWorker } from './scenarios/freeze.ts';
import { hostileReceivers } from './scenarios/hostile.ts';
import { killAll, killApi, killWorker, rollingRestart } from './scenarios/kills.ts';
import { migrateWhileServing } from './scenarios/migration.ts';
import { troubleRedis } from './scenarios/redis.ts';
import { closeStages, openStage, type Stage } from './stage.ts';

const SCENARIOS: readonly Scenario[] = [
  killWorker,
  killApi,
  killAll,
  stopPostgres,
  cutConnections,
  troubleRedis,
  freezeWorker,
  wrongClock,
  fullDisk,
  hostileReceivers,
  rollingRestart,
  migrateWhileServing,
];

const LONG_MINUTES = SCENARIOS.reduce((sum, { longMinutes }) => sum + longMinutes, 0);

const USAGE = `usage: npm run faults [-- option…]

  --only NAME,…   some of these; with the minutes that --long takes for each on two quiet cores:
${SCENARIOS.map(({ name, longMinutes }) => `                    ${name.padEnd(17)}${longMinutes}`).join('\n')}
  --long          the repetitions that nothing lost is claimed with; about ${LONG_MINUTES} minutes in all
                  (without it under 8)
  --resume FILE   keeps each scenario's result there, and leaves out those it holds already: a
                  campaign that was interrupted goes on, with its seed
  --repeat N      repetitions of each fault
  --seed N        repeats a campaign's random moments
  --slack N       multiplies limits of time, for a machine that is busy otherwise (1)
  --no-skips      what cannot be done here counts as failed
  --keep          leaves the processes' logs behind
  --report FILE   writes the table there as well, after each scenario
`;

/** A scenario that hangs must not hang the campaign. */
const SHORT_LIMIT_MS = 240_000;
const limitOfLong = ({ longMinutes }: Scenario): number => 3 * longMinutes * 60_000;

function readArguments() {
  const { values } = parseArgs({
    options: {
      only: { type: 'string' },
      long: { type: 'boolean', default: false },
      repeat: { type: 'string' },
      seed: { type: 'string' },
      slack: { type: 'string', default: '1' },
      'no-skips': { type: 'boolean', default: false },
      keep: { type: 'boolean', default: false },
      report: { type: 'string' },
      resume: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const names = values.only?.split(',');
  const unknown = names?.find((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  const journal = openJournal(values.resume);
  const [earlier] = journal.entries.values();
  return {
    ...values,
    journal,
    form: values.long ? 'long' : 'short',
    isWrong: unknown !== undefined,
    scenarios: SCENARIOS.filter(({ name }) => names === undefined || names.includes(name)),
    seedNumber: Number(values.seed ?? earlier?.seed ?? Math.floor(Math.random() * 2 ** 31)),
    repeatNumber: values.repeat === undefined ? undefined : Number(values.repeat),
  };
}

type Arguments = ReturnType<typeof readArguments>;

const say = (text: string): void =>
  void process.stderr.write(`${new Date().toISOString().slice(11, 19)} ${text}\n`);

async function playOne(
  scenario: Scenario,
  stage: Stage,
  workDir: string,
  args: Arguments,
): Promise<Outcome> {
  const fromMs = performance.now();
  say(`${scenario.name} begins, load ${(loadavg()[0] as number).toFixed(1)}`);
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
  const limitMs = Number(args.slack) * (isShort ? SHORT_LIMIT_MS : limitOfLong(scenario));
  const timer = setTimeout(() => reject(new Error(`not over after ${limitMs} ms`)), limitMs);
  const played: Outcome = await Promise.race([scenario.run(context), tooLate]).catch(
    (error: Error) => ({
      repetitions: 0,
      figures: [],
      violations: [`the scenario broke: ${error.stack}`],
    }),
  );
  clearTimeout(timer);
  const outcome = args['no-skips'] ? countLeftOut(played) : played;
  const elapsedMs = performance.now() - fromMs;
  args.journal.add({
    ...outcome,
    name: scenario.name,
    seed: args.seedNumber,
    form: args.form,
    elapsedMs,
    load: loadavg()[0] as number,
  });
  const verdict =
    outcome.skipped ?? (isPassed(outcome) ? 'held' : outcome.violations.join('\n    '));
  say(
    `${scenario.name}, ${Math.round(elapsedMs / 1_000)} s: ${verdict}` +
      outcome.figures.map((figure) => `\n    ${figure}`).join(''),
  );
  return outcome;
}

/** What could not be done here, as a failure. */
function countLeftOut({ skipped, leftOut = [], ...outcome }: Outcome): Outcome {
  const missing = skipped === undefined ? leftOut : [skipped];
  return {
    ...outcome,
    violations: [...outcome.violations, ...missing.map((what) => `could not be done: ${what}`)],
  };
}

/** What there is so far, in the order of the scenarios. */
function resultsOf({ scenarios, journal }: Pick<Arguments, 'scenarios' | 'journal'>): Result[] {
  return scenarios.flatMap((scenario) => {
    const entry = journal.entries.get(scenario.name);
    return entry === undefined ? [] : [{ ...entry, scenario }];
  });
}

function reportOf(args: Arguments): string {
  const { seedNumber: seed, form, slack, scenarios } = args;
  return formatReport(resultsOf(args), {
    seed,
    form,
    slack: Number(slack),
    scenarioCount: scenarios.length,
  });
}

async function play(args: Arguments, workDir: string): Promise<void> {
  const open = args.scenarios.filter(({ name }) => !args.journal.entries.has(name));
  if (open.length === 0) return;
  let stage = await openStage({ name: 'shared', workDir });
  try {
    for (const scenario of open) {
      const outcome = await playOne(scenario, stage, workDir, args);
      if (args.report !== undefined) await writeFile(args.report, reportOf(args));
      if (isPassed(outcome) || outcome.skipped !== undefined) continue;
      // One failure must not colour what comes after it.
      await stage.close();
      stage = await openStage({ name: `after-${scenario.name}`, workDir });
    }
  } finally {
    await stage.close();
  }
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
    process.once(signal, () => {
      process.stdout.write(`\n${reportOf(args)}`);
      void closeStages().finally(() => process.exit(130));
    });
  }
  await play(args, workDir);
  process.stdout.write(`\n${reportOf(args)}`);
  const isClean = resultsOf(args).every((result) => result.violations.length === 0);
  if (isClean && !args.keep) await rm(workDir, { recursive: true, force: true });
  await closeStages();
  process.exit(isClean ? 0 : 1);
}

await main();

import { readdir, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { inspect, parseArgs } from 'node:util';
import type { GeneratorMethods } from './generator.ts';
import type { Row } from './measure.ts';
import { figuresOf } from './figures.ts';
import { startPeer } from './peer.ts';
import { openServer } from './postgres.ts';
import type { ReceiverMethods } from './receiver.ts';
import { hottest } from './profile.ts';
import {
  printCeilings,
  printHotSpots,
  printRows,
  printStatements,
  printTargets,
} from './report.ts';
import { backlog } from './scenarios/backlog.ts';
import { ceiling, type Ceiling } from './scenarios/ceiling.ts';
import { fanout } from './scenarios/fanout.ts';
import { naive } from './scenarios/naive.ts';
import { noisy } from './scenarios/noisy.ts';
import { saturate } from './scenarios/saturate.ts';
import { steady } from './scenarios/steady.ts';
import { watched } from './scenarios/watched.ts';
import { closeAll, type Bench, type Closer, type Options } from './stage.ts';
import { targetsOf } from './targets.ts';

/** In the order in which they run: later ones build on the rates of earlier ones. */
const SCENARIOS: Readonly<Record<string, (bench: Bench) => Promise<Row[]>>> = {
  naive,
  saturate,
  steady,
  fanout,
  backlog,
  noisy,
  watched,
};
const CEILING = 'ceiling';
const NAMES = [...Object.keys(SCENARIOS), CEILING];

const USAGE = `usage: npm run bench -- [scenario…] [option…]

scenarios: ${NAMES.join(', ')} (all of them unless named)

  --seconds N      length of a run (10)
  --warm-up N      seconds of load before the runs (3)
  --runs N         runs of each load, whose medians are printed (3)
  --full           60 s, 10 s of warm-up, 5 runs, a million retries, 20 million attempts
  --retries N      retries waiting in backlog (100000)
  --history N      attempts of history in backlog (2000000)
  --json FILE      writes every figure of every run
  --postgres URL   a server to use instead of the embedded one; databases are created in it
  --env KEY=VALUE  a setting for the service, any number of times
  --statements     prints where Postgres' time went
  --cpu-prof DIR   writes CPU profiles of the service's processes and prints their hot spots
`;

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      seconds: { type: 'string' },
      'warm-up': { type: 'string' },
      runs: { type: 'string' },
      full: { type: 'boolean', default: false },
      retries: { type: 'string' },
      history: { type: 'string' },
      json: { type: 'string' },
      postgres: { type: 'string' },
      env: { type: 'string', multiple: true, default: [] },
      statements: { type: 'boolean', default: false },
      'cpu-prof': { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  });
  const number = (text: string | undefined, short: number, full: number): number => {
    const value = text === undefined ? (values.full ? full : short) : Number(text);
    if (!(value > 0)) throw new Error(`${text} is not a number above 0`);
    return value;
  };
  const options: Options = {
    seconds: number(values.seconds, 10, 60),
    warmUpSeconds: number(values['warm-up'], 3, 10),
    runs: number(values.runs, 3, 5),
    retries: number(values.retries, 100_000, 1_000_000),
    history: number(values.history, 2_000_000, 20_000_000),
    env: Object.fromEntries(
      values.env.map((pair) => {
        const at = pair.indexOf('=');
        return [pair.slice(0, at), pair.slice(at + 1)];
      }),
    ),
    profileDir: values['cpu-prof'],
    logDir: join(tmpdir(), `posthorn-bench-logs-${process.pid}`),
  };
  const unknown = positionals.filter((name) => !NAMES.includes(name));
  const names = NAMES.filter((name) => positionals.length === 0 || positionals.includes(name));
  return { ...values, options, names, isWrong: unknown.length > 0 };
}

async function openBench(options: Options, postgresUrl: string | undefined, closers: Closer[]) {
  const server = await openServer(postgresUrl);
  closers.push(() => server.stop());
  const receiver = startPeer<ReceiverMethods>(new URL('receiver.ts', import.meta.url));
  closers.push(() => receiver.stop());
  const generator = startPeer<GeneratorMethods>(new URL('generator.ts', import.meta.url));
  closers.push(() => generator.stop());
  const bench: Bench = {
    options,
    server,
    receiver,
    generator,
    closers,
    receiverPort: await receiver.call('listen'),
    rates: new Map(),
    say: (text) => void process.stderr.write(`${text}\n`),
  };
  return bench;
}

/** Plays one after the other; what fails takes nothing from those that went well. */
async function play(bench: Bench, names: readonly string[], cut: AbortSignal) {
  const rows: Row[] = [];
  const ceilings: Ceiling[] = [];
  for (const name of names) {
    if (cut.aborted) break;
    try {
      for (const row of (await SCENARIOS[name]?.(bench)) ?? []) {
        rows.push(row);
        bench.rates.set(row.name, figuresOf(row).deliveredPerSecond);
      }
      if (name === CEILING) ceilings.push(...(await ceiling(bench)));
    } catch (error) {
      if (cut.aborted) break;
      process.stderr.write(`${name} failed: ${inspect(error)}\n`);
      process.exitCode = 1;
    }
  }
  return { rows, ceilings };
}

function describeMachine(bench: Bench) {
  return {
    node: process.version,
    postgres: bench.server.version,
    cpu: cpus()[0]?.model.trim() ?? 'unknown',
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
  };
}

const HOT_SPOTS = 25;

async function printProfiles(folder: string): Promise<void> {
  for (const file of (await readdir(folder))
    .filter((name) => name.endsWith('.cpuprofile'))
    .sort()) {
    printHotSpots(file, await hottest(join(folder, file), HOT_SPOTS));
  }
}

async function main(): Promise<void> {
  const { options, names, ...flags } = readArguments();
  if (flags.help || flags.isWrong) {
    process.stdout.write(USAGE);
    process.exitCode = flags.help ? 0 : 1;
    return;
  }
  const closers: Closer[] = [];
  const cut = new AbortController();
  for (const [signal, exitCode] of [
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const) {
    process.once(signal, () => {
      process.exitCode = exitCode;
      cut.abort();
      void closeAll(closers);
    });
  }
  try {
    const bench = await openBench(options, flags.postgres, closers);
    const { rows, ceilings } = await play(bench, names, cut.signal);
    const machine = describeMachine(bench);
    const targets = targetsOf(rows);
    process.stdout.write(
      `\nNode ${machine.node}, Postgres ${machine.postgres}, ` +
        `${machine.cores} cores for everything, ${options.runs} × ${options.seconds} s\n`,
    );
    if (rows.length > 0) printRows(rows);
    if (ceilings.length > 0) printCeilings(ceilings);
    if (targets.length > 0) printTargets(targets);
    if (flags.statements) printStatements(rows);
    if (options.profileDir !== undefined) await printProfiles(options.profileDir);
    if (flags.json !== undefined) {
      const results = { machine, options, rows, ceilings, targets };
      await writeFile(flags.json, `${JSON.stringify(results, null, 2)}\n`);
    }
  } finally {
    await closeAll(closers);
    if (process.exitCode === undefined) await rm(options.logDir, { recursive: true, force: true });
  }
}

await main();

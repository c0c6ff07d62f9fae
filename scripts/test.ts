/**
 * Runs test files with tap, two at a time, each in a process of its own: those given, as files,
 * folders or patterns, or all. All of them share what is expensive: one Postgres, one build of
 * the dashboard and the guides, one Chromium, one cache of compiled code.
 *
 * `tap run` itself would load the loaders of its coverage and mocks into every process, those that
 * tests spawn as well, which costs more than most tests do.
 */
import { glob, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import t from 'tap';
import { startBrowser } from '../test/browser/shared.ts';
import { redisIsMissing } from '../test/helpers/redis.ts';
import { buildIfStale } from './prepare-dashboard.ts';
import { startTemporaryPostgres } from './temporary-postgres.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
/** A file that takes longer hangs; it may ask for more by `t.setTimeout`. */
const FILE_TIMEOUT_SECONDS = Number(process.env['TAP_TIMEOUT'] ?? 240);
/** These see neither the dashboard nor the guides as they are served. */
const WITHOUT_BUILD = /^test\/(?:unit|database|faults|worker|sdk)\//;

type Counts = { passed: number; failed: number; skipped: number };

function readArguments() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { jobs: { type: 'string', default: '2' } },
  });
  return { jobs: Number(values.jobs), given: positionals };
}

async function findFiles(given: readonly string[]): Promise<string[]> {
  const patterns = await Promise.all(
    (given.length === 0 ? ['test'] : given).map(async (name) => {
      const isFolder = (await stat(name).catch(() => undefined))?.isDirectory();
      return isFolder === true ? `${name}/**/*.test.ts` : name;
    }),
  );
  const files = new Set<string>();
  for await (const file of glob(patterns)) files.add(relative(ROOT, file));
  return [...files].toSorted();
}

async function runFile(file: string, environment: NodeJS.ProcessEnv): Promise<Counts> {
  // Without `env`, tap would put a loader of its own into the process by NODE_OPTIONS.
  const options = `NODE_OPTIONS=${process.env['NODE_OPTIONS'] ?? ''}`;
  const run = t.spawn('env', [options, process.execPath, file], {
    name: file,
    buffered: true,
    timeout: FILE_TIMEOUT_SECONDS * 1_000,
    env: environment,
  });
  const results = await run;
  if (results === null) throw new Error(`${file} was not run`);
  const seconds = ((results.time ?? 0) / 1_000).toFixed(1).padStart(6);
  process.stdout.write(`${results.ok ? 'ok    ' : 'not ok'} ${seconds} s  ${file}\n`);
  if (!results.ok) process.stdout.write(run.subtest?.output ?? '');
  const { pass, fail, skip } = results;
  // A file may break outside of its tests, or hold none.
  return { passed: pass - skip, failed: results.ok ? 0 : Math.max(1, fail), skipped: skip };
}

// The limit is for each file, not for all of them.
t.setTimeout(0);
const { jobs, given } = readArguments();
process.chdir(ROOT);
const files = await findFiles(given);
if (files.length === 0) throw new Error(`no test files are named ${given.join(', ')}`);
if (redisIsMissing) process.stderr.write(`\n  ${redisIsMissing}\n\n`);
if (files.some((file) => !WITHOUT_BUILD.test(file))) await buildIfStale();

const database = process.env['POSTHORN_TEST_DATABASE_URL'];
const postgres = database
  ? { url: database, stop: async () => undefined }
  : await startTemporaryPostgres();
const browser = files.some((file) => file.startsWith('test/browser/'))
  ? await startBrowser()
  : undefined;

// Ctrl-C reaches the tests as well; we wait for them to end.
process.on('SIGINT', () => undefined);
t.jobs = jobs;
t.register();
t.resume();
try {
  const environment = {
    ...process.env,
    TAP_TIMEOUT: String(FILE_TIMEOUT_SECONDS),
    NODE_COMPILE_CACHE: join(tmpdir(), 'node-compile-cache'),
    POSTHORN_TEST_DATABASE_URL: postgres.url,
    ...(browser && { POSTHORN_TEST_BROWSER: browser.wsEndpoint() }),
  };
  const counts = await Promise.all(files.map((file) => runFile(file, environment)));
  const sum = (name: keyof Counts) => counts.reduce((total, count) => total + count[name], 0);
  process.stdout.write(
    `\n${sum('passed')} tests passed, ${sum('failed')} failed, ${sum('skipped')} skipped\n`,
  );
} finally {
  await browser?.close();
  await postgres.stop();
}

/**
 * Drives the three SDKs against a running service with the files of sdk/conformance, and runs the
 * "Complete programs" of the READMEs. Ends with 1 when anything differs, and in CI when a language is
 * missing.
 *
 *   --only <id>   one of typescript, python, python-async, go
 */
import { randomBytes } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startService } from '../../demo/service.ts';
import { startTemporaryPostgres } from '../../temporary-postgres.ts';
import { startAdapter } from './adapter.ts';
import { runCases, type CaseResult, type Stage } from './cases.ts';
import { runExamples } from './examples.ts';
import { startReceiver } from './servers.ts';
import { prepare, type Prepared, type Tool } from './tools.ts';

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function startStage(closers: AsyncDisposableStack): Promise<Stage> {
  const receiver = await startReceiver();
  closers.defer(receiver.close);
  const postgres = await startTemporaryPostgres();
  closers.defer(postgres.stop);
  const key = `sdks_${randomBytes(16).toString('hex')}`;
  const service = await startService({
    DATABASE_URL: postgres.url,
    API_KEYS: key,
    ALLOW_PRIVATE_TARGETS: '127.0.0.0/8',
    TEST_RECEIVER: 'on',
    RETRY_SCHEDULE: 'none',
  });
  closers.defer(service.stop);
  return { origin: service.origin, key, receiver };
}

type Row = {
  readonly name: string;
  readonly results: readonly CaseResult[];
  readonly tookMs: number;
};

async function drive({ name, id, program }: Tool, stage: Stage): Promise<Row> {
  const adapter = startAdapter(program);
  const startedAtMs = performance.now();
  try {
    const results = await runCases(adapter, stage, id);
    return { name, results, tookMs: performance.now() - startedAtMs };
  } finally {
    await adapter.close();
  }
}

function table(rows: readonly Row[]): string {
  const cells = rows.map(({ name, results, tookMs }) => {
    const failed = results.filter(({ faults }) => faults.length > 0).length;
    return [name, results.length - failed, failed, `${(tookMs / 1_000).toFixed(1)} s`].map(String);
  });
  const all = [['language', 'passed', 'failed', 'time taken'], ...cells];
  const widths = [0, 1, 2, 3].map((column) =>
    Math.max(...all.map((row) => (row[column] as string).length)),
  );
  const line = (row: string[]): string =>
    row
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[0] as number) : cell.padStart(widths[column] as number),
      )
      .join('  ');
  return [
    line(all[0] as string[]),
    line(widths.map((width) => '-'.repeat(width))),
    ...cells.map(line),
  ].join('\n');
}

async function run(prepared: Prepared, only: string | undefined): Promise<Row[]> {
  await using closers = new AsyncDisposableStack();
  const stage = await startStage(closers);
  const tools = prepared.tools.filter(({ id }) => only === undefined || id === only);
  const rows = await Promise.all(tools.map((tool) => drive(tool, stage)));
  const startedAtMs = performance.now();
  const results = await runExamples(prepared.runners, stage);
  return [...rows, { name: 'README', results, tookMs: performance.now() - startedAtMs }];
}

const {
  values: { only },
} = parseArgs({ options: { only: { type: 'string' } } });
const prepared = await prepare();
try {
  const rows = await run(prepared, only);
  say(`\n${table(rows)}\n`);
  const faults = [
    ...prepared.faults,
    ...rows.flatMap(({ name, results }) =>
      results.flatMap((result) =>
        result.faults.map((fault) => `${name}: ${result.name}: ${fault}`),
      ),
    ),
  ];
  for (const fault of faults) say(`FAILED  ${fault}`);
  for (const what of prepared.missing) say(`SKIPPED, NOT TESTED AT ALL: ${what}`);
  const isMissing = prepared.missing.length > 0 && process.env['CI'] === 'true';
  if (faults.length > 0 || isMissing || rows.every(({ results }) => results.length === 0))
    process.exitCode = 1;
} finally {
  await prepared.remove();
}

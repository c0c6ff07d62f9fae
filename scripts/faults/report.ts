import { availableParallelism, cpus, totalmem } from 'node:os';
import type { Outcome, Scenario } from './campaign.ts';
import type { Entry } from './journal.ts';

export type Result = Entry & { readonly scenario: Scenario };

export function isPassed({ violations, skipped }: Outcome): boolean {
  return violations.length === 0 && skipped === undefined;
}

export type Conduct = {
  readonly seed: number;
  readonly form: string;
  readonly slack: number;
  /** How many scenarios were asked for. */
  readonly scenarioCount: number;
};

/** A table in Markdown, and below it what went wrong and what was not tried. */
export function formatReport(
  results: readonly Result[],
  { seed, form, slack, scenarioCount }: Conduct,
): string {
  const rows = results.map((result) => [
    result.scenario.fault,
    String(result.repetitions),
    result.skipped !== undefined ? 'SKIPPED' : isPassed(result) ? 'held' : 'FAILED',
    result.figures.join('; ') || result.skipped || '',
    `${Math.round(result.elapsedMs / 1_000)} s`,
    result.load.toFixed(1),
  ]);
  const lines = [
    '| fault | repetitions | verdict | figures | took | load |',
    '|---|---|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...results.flatMap(({ name, violations }) =>
      violations.map((violation) => `FAILED ${name}: ${violation}`),
    ),
    ...results.flatMap(({ name, skipped }) =>
      skipped === undefined ? [] : [`SKIPPED ${name}: ${skipped}`],
    ),
    `${form} form, seed ${seed}, ${new Date().toISOString().slice(0, 10)}, ${describeMachine()}` +
      (slack === 1 ? '' : `, limits of time × ${slack}`),
    summarize(results, scenarioCount),
  ];
  return `${lines.join('\n')}\n`;
}

function summarize(results: readonly Result[], scenarioCount: number): string {
  const passed = results.filter(isPassed).length;
  const skipped = results.filter((result) => result.skipped !== undefined).length;
  const failed = results.length - passed - skipped;
  const elapsedMs = results.reduce((sum, result) => sum + result.elapsedMs, 0);
  const missing = scenarioCount - results.length;
  return (
    `${passed} passed, ${failed} failed, ${skipped} skipped in ${Math.round(elapsedMs / 1_000)} s` +
    (missing > 0 ? `; ${missing} have not been run` : '')
  );
}

function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.version}, ${availableParallelism()} cores (${model}), ${memoryGb} GB`;
}

import { availableParallelism, cpus, loadavg, totalmem } from 'node:os';
import type { Outcome, Scenario } from './campaign.ts';

export type Result = Outcome & { readonly scenario: Scenario; readonly elapsedMs: number };

export function isPassed({ violations, skipped }: Outcome): boolean {
  return violations.length === 0 && skipped === undefined;
}

export type Conduct = { readonly seed: number; readonly form: string; readonly slack: number };

/** A table in Markdown, and below it what went wrong and what was not tried. */
export function formatReport(
  results: readonly Result[], { seed, form, slack }: Conduct,
): string {
  const rows = results.map((result) => [
    result.scenario.fault,
    String(result.repetitions),
    result.skipped !== undefined ? 'SKIPPED' : isPassed(result) ? 'held' : 'FAILED',
    result.figures.join('; ') || result.skipped || '',
  ]);
  const lines = [
    '| fault | repetitions | verdict | figures |',
    '|---|---|---|---|',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
    '',
    ...results.flatMap(({ scenario, violations }) =>
      violations.map((violation) => `FAILED ${scenario.name}: ${violation}`)),
    ...results.flatMap(({ scenario, skipped }) =>
      (skipped === undefined ? [] : [`SKIPPED ${scenario.name}: ${skipped}`])),
    `${form} form, seed ${seed}, ${new Date().toISOString().slice(0, 10)}, ${describeMachine()}`
      + (slack === 1 ? '' : `, limits of time × ${slack}`),
    summarize(results),
  ];
  return `${lines.join('\n')}\n`;
}

function summarize(results: readonly Result[]): string {
  const passed = results.filter(isPassed).length;
  const skipped = results.filter((result) => result.skipped !== undefined).length;
  const failed = results.length - passed - skipped;
  const elapsedMs = results.reduce((sum, result) => sum + result.elapsedMs, 0);
  return `${passed} passed, ${failed} failed, ${skipped} skipped in ${Math.round(elapsedMs / 1_000)} s`;
}

function describeMachine(): string {
  const model = cpus()[0]?.model.trim() ?? 'unknown processor';
  const memoryGb = Math.round(totalmem() / 2 ** 30);
  return `Node ${process.version}, ${availableParallelism()} cores (${model}), ${memoryGb} GB, `
    + `load ${(loadavg()[2] as number).toFixed(1)}`;
}

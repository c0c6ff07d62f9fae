import type { Result } from './replay.ts';

const HEADINGS = [
  'endpoint',
  'sent',
  'delivered',
  'byte-identical',
  'signature verified',
  'retried',
  'time taken',
] as const;

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** The results as a table of plain text, followed by what does not add up. */
export function formatReport(results: readonly Result[]): string {
  const rows = results.map((result) =>
    [
      result.wayIn,
      result.sent,
      result.delivered,
      result.byteIdentical,
      result.verified,
      result.retried,
      seconds(result.tookMs),
    ].map(String),
  );
  const widths = HEADINGS.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]!.length)),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) =>
        column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ');
  const mismatches = results.flatMap(({ wayIn, mismatches }) =>
    mismatches.map((mismatch) => `MISMATCH  ${wayIn}: ${mismatch}`),
  );
  return [
    line(HEADINGS),
    line(widths.map((width) => '-'.repeat(width))),
    ...rows.map(line),
    '',
    ...mismatches,
  ].join('\n');
}

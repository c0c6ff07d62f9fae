/** What one part of a run has tried, and what it has found. */
export type Tally = {
  readonly name: string;
  /** Requests made, or payloads delivered. */
  readonly count: number;
  readonly violations: readonly string[];
};

const MAX_SHOWN = 20;

/** A table of all parts, after the violations themselves. */
export function report(tallies: readonly Tally[]): string {
  const found = tallies.flatMap(({ name, violations }) => [
    ...violations.slice(0, MAX_SHOWN).map((violation) => `${name}: ${violation}`),
    ...(violations.length > MAX_SHOWN
      ? [`${name}: and ${violations.length - MAX_SHOWN} more`]
      : []),
  ]);
  const width = Math.max(...tallies.map(({ name }) => name.length));
  const rows = tallies.map(
    ({ name, count, violations }) =>
      `${name.padEnd(width)}  ${String(count).padStart(8)}  ${String(violations.length).padStart(10)}`,
  );
  const head = `${''.padEnd(width)}  ${'cases'.padStart(8)}  ${'violations'.padStart(10)}`;
  return [...found, '', head, ...rows, ''].join('\n');
}

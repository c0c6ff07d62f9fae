import type { Row } from './measure.ts';
import type { Run } from './run.ts';

/** Figures of a row: medians over its runs, sums of what must not happen, peaks of memory. */
export type Figures = {
  readonly row: Row;
  readonly deliveredPerSecond: number;
  median(figure: (run: Run) => number): number;
};

export function figuresOf(row: Row): Figures {
  const median = (figure: (run: Run) => number): number => {
    const sorted = row.runs.map(figure).sort((a, b) => a - b);
    const middle = sorted.length / 2;
    const low = sorted[Math.ceil(middle) - 1] as number;
    const high = sorted[Math.floor(middle)] as number;
    return (low + high) / 2;
  };
  return { row, median, deliveredPerSecond: median((run) => run.deliveredPerSecond) };
}

export function ms(value: number): string {
  if (!Number.isFinite(value)) return '–';
  return value >= 100 ? whole(value) : value.toFixed(1);
}

export function whole(value: number): string {
  return Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–';
}

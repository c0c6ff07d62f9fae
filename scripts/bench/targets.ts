import type { Row } from './measure.ts';
import { figuresOf, ms, whole, type Figures } from './figures.ts';
import type { Run } from './run.ts';
import { EMPTY, HISTORY, RETRIES } from './scenarios/backlog.ts';
import { NOISY, QUIET } from './scenarios/noisy.ts';
import { SATURATE } from './scenarios/saturate.ts';
import { UNWATCHED, WATCHED } from './scenarios/watched.ts';

/** A figure that the service has to reach, where the scenarios played can tell. */
export type Target = {
  readonly name: string;
  readonly reached: string;
  readonly target: string;
  readonly isMet: boolean;
};

type Bound = { readonly atLeast: number } | { readonly atMost: number };

/** The rows of a session, found by how their names begin. */
type Session = {
  readonly all: readonly Figures[];
  readonly naive: readonly Figures[];
  find(start: string): Figures | undefined;
  rate(start: string): number | undefined;
};

const NAIVE_PREFIX = 'naive';
const BENCH_PROCESSES: ReadonlySet<string> = new Set(['generator', 'receiver']);

/** Judges medians. Ratios are taken within the session, since machines and their moods differ. */
export function targetsOf(rows: readonly Row[]): Target[] {
  const figures = rows.map(figuresOf);
  const [naive, all] = [true, false].map((isNaive) =>
    figures.filter(({ row }) => row.name.startsWith(NAIVE_PREFIX) === isNaive),
  ) as [Figures[], Figures[]];
  const find = (start: string) => all.find(({ row }) => row.name.startsWith(start));
  const session: Session = {
    all,
    naive,
    find,
    rate: (start) => find(start)?.deliveredPerSecond,
  };
  return [
    ...ofSaturate(session),
    ...ofSteady(session),
    ...ofFanout(session),
    ...ofTroubles(session),
    ...ofAll(session),
  ].filter((target) => target !== undefined);
}

function ofSaturate({ find, rate, naive }: Session) {
  const saturate = find(SATURATE);
  const reference = Math.max(...naive.map(({ deliveredPerSecond }) => deliveredPerSecond));
  return [
    judge('saturate against naive', divide(rate(SATURATE), reference), { atLeast: 15 }, times),
    judge('saturate, delivered/s', rate(SATURATE), { atLeast: 8_000 }, whole),
    judge(
      'saturate, CPU µs per delivery',
      saturate && serviceCpuUs(saturate),
      { atMost: 200 },
      whole,
    ),
    judge(
      'saturate, SQL statements per delivery',
      saturate?.row.statements?.perDelivery,
      { atMost: 0.2 },
      (value) => value.toFixed(3),
    ),
  ];
}

function ofSteady({ all, find }: Session) {
  const slow = find('steady, 50/s');
  const steady = all.filter(({ row }) => row.name.startsWith('steady'));
  const half = steady.length > 2 ? steady.at(-1) : undefined;
  return [
    judge(
      'steady 50/s, p50 ms',
      slow?.median((run) => run.delivery.p50),
      { atMost: 8 },
    ),
    judge(
      'steady 50/s, p99 ms',
      slow?.median((run) => run.delivery.p99),
      { atMost: 25 },
    ),
    judge(
      'steady at half of the maximum, p99 ms',
      half?.median((run) => run.delivery.p99),
      { atMost: 50 },
    ),
  ];
}

function ofFanout({ all, rate }: Session) {
  return all
    .filter(({ row }) => row.name.startsWith('fanout'))
    .map(({ row, deliveredPerSecond }) =>
      judge(
        `${row.name}, against saturate`,
        divide(deliveredPerSecond, rate(SATURATE)),
        { atLeast: 0.9 },
        times,
      ),
    );
}

function ofTroubles({ find, rate }: Session) {
  const p99 = (name: string) => find(name)?.median((run) => run.delivery.p99);
  return [
    judge(`${RETRIES}, against empty`, divide(rate(RETRIES), rate(EMPTY)), { atLeast: 0.9 }, times),
    judge(`${HISTORY}, against empty`, divide(rate(HISTORY), rate(EMPTY)), { atLeast: 0.9 }, times),
    judge(
      'noisy, p99 against without the noise',
      divide(p99(NOISY), p99(QUIET)),
      { atMost: 2 },
      times,
    ),
    judge(
      `${WATCHED}, against nobody`,
      divide(rate(WATCHED), rate(UNWATCHED)),
      { atLeast: 0.95 },
      times,
    ),
  ];
}

function ofAll({ all }: Session) {
  const runs = all.flatMap(({ row }) => row.runs);
  if (runs.length === 0) return [];
  const peaks = runs.flatMap(({ memory }) => Object.values(memory).map(({ peakMb }) => peakMb));
  const longest = runs
    .map(({ memoryByMinute }) => memoryByMinute)
    .find(({ length }) => length >= 10);
  const total = (figure: (run: Run) => number) => runs.reduce((sum, run) => sum + figure(run), 0);
  return [
    judge('peak memory of a process, MB', Math.max(...peaks), { atMost: 350 }, whole),
    judge(
      'memory after ten minutes, against after one',
      divide(longest?.[9], longest?.[0]),
      { atMost: 1.05 },
      times,
    ),
    judge(
      'lost',
      total((run) => run.lost),
      { atMost: 0 },
      whole,
    ),
    judge(
      'doubled',
      total((run) => run.doubled),
      { atMost: 0 },
      whole,
    ),
  ];
}

function judge(
  name: string,
  value: number | undefined,
  bound: Bound,
  show = ms,
): Target | undefined {
  if (value === undefined || Number.isNaN(value)) return undefined;
  const [limit, sign, isMet] =
    'atLeast' in bound
      ? [bound.atLeast, '≥', value >= bound.atLeast]
      : [bound.atMost, '≤', value <= bound.atMost];
  return { name, reached: show(value), target: `${sign} ${show(limit)}`, isMet };
}

function times(value: number): string {
  return `${value.toFixed(2)} ×`;
}

function divide(a: number | undefined, b: number | undefined): number | undefined {
  return a === undefined || b === undefined || !Number.isFinite(b) ? undefined : a / b;
}

/** Service and Postgres together. */
function serviceCpuUs({ median }: Figures): number {
  return median((run) =>
    Object.entries(run.cpuUsPerDelivery).reduce(
      (sum, [name, us]) => sum + (BENCH_PROCESSES.has(name) ? 0 : us),
      0,
    ),
  );
}

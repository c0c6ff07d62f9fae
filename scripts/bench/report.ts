import type { Row } from './measure.ts';
import type { HotSpot } from './profile.ts';
import type { Run } from './run.ts';
import type { Ceiling } from './scenarios/ceiling.ts';
import { figuresOf, ms, whole } from './figures.ts';
import type { Target } from './targets.ts';

type Cell = string | number;

/** Prints rows in columns: text to the left, figures to the right. */
export function printTable(heads: readonly string[], rows: readonly (readonly Cell[])[]): void {
  const lines = [heads, ...rows.map((row) => row.map(String))];
  const widths = heads.map((_, column) =>
    Math.max(...lines.map((line) => line[column]?.length ?? 0)),
  );
  for (const line of lines) {
    const cells = line.map((cell, column) =>
      column === 0
        ? cell.padEnd(widths[column] as number)
        : cell.padStart(widths[column] as number),
    );
    process.stdout.write(`${cells.join('  ').trimEnd()}\n`);
  }
  process.stdout.write('\n');
}

const SERVICE_PROCESSES = ['all', 'api', 'worker', 'naive'] as const;

/** Everything about deliveries, in two tables: how fast, and at what cost. */
export function printRows(rows: readonly Row[]): void {
  const all = rows.map(figuresOf);
  const naive = Math.max(
    ...all
      .filter(({ row }) => row.name.startsWith('naive'))
      .map(({ deliveredPerSecond }) => deliveredPerSecond),
  );

  process.stdout.write(
    '\nRates per second and latency in ms, from sending (or being due) to 202 and to arrival\n',
  );
  printTable(
    [
      '',
      'offered',
      'accepted',
      'delivered',
      '× naive',
      'accept p50',
      'p95',
      'p99',
      'arrival p50',
      'p95',
      'p99',
      'max',
      'lost',
      'doubled',
      'errors',
    ],
    all.map(({ row, median, deliveredPerSecond }) => [
      row.name,
      whole(median((run) => run.offeredPerSecond)),
      whole(median((run) => run.acceptedPerSecond)),
      whole(deliveredPerSecond),
      Number.isFinite(naive) ? (deliveredPerSecond / naive).toFixed(1) : '–',
      ms(median((run) => run.accept.p50)),
      ms(median((run) => run.accept.p95)),
      ms(median((run) => run.accept.p99)),
      ms(median((run) => run.delivery.p50)),
      ms(median((run) => run.delivery.p95)),
      ms(median((run) => run.delivery.p99)),
      ms(median((run) => run.delivery.max)),
      sum(row.runs, (run) => run.lost),
      sum(row.runs, (run) => run.doubled),
      errorsOf(row),
    ]),
  );

  process.stdout.write(
    'CPU µs per delivery, SQL statements per delivery, WAL bytes per event, ' +
      "memory in MB, the machine's CPU that went to others\n",
  );
  const names = SERVICE_PROCESSES.filter((name) =>
    rows.some((row) => row.runs.some((run) => name in run.cpuUsPerDelivery)),
  );
  printTable(
    [
      '',
      ...names,
      'postgres',
      'service + postgres',
      'generator',
      'receiver',
      'SQL',
      'WAL',
      'peak MB',
      'others',
    ],
    all.map(({ row, median }) => {
      const cpu = (name: string) => median((run) => run.cpuUsPerDelivery[name] ?? Number.NaN);
      const service = names.map(cpu).filter((us) => !Number.isNaN(us));
      return [
        row.name,
        ...names.map((name) => whole(cpu(name))),
        whole(cpu('postgres')),
        whole(service.reduce((total, us) => total + us, cpu('postgres'))),
        whole(cpu('generator')),
        whole(cpu('receiver')),
        row.statements?.perDelivery.toFixed(3) ?? '–',
        whole(median((run) => run.walBytesPerEvent)),
        Object.values(row.runs.at(-1)?.memory ?? {})
          .map(({ peakMb }) => whole(peakMb))
          .join(' + '),
        `${whole(100 * median((run) => run.othersCpuShare))} %`,
      ];
    }),
  );
}

function sum(runs: readonly Run[], figure: (run: Run) => number): string {
  return whole(runs.reduce((total, run) => total + figure(run), 0));
}

function errorsOf({ runs }: Row): string {
  const total = new Map<string, number>();
  for (const [cause, count] of runs.flatMap((run) => Object.entries(run.errors))) {
    total.set(cause, (total.get(cause) ?? 0) + count);
  }
  return total.size === 0
    ? '0'
    : [...total].map(([cause, count]) => `${cause}: ${count}`).join(', ');
}

/** Where Postgres' time went in the counting run. */
export function printStatements(rows: readonly Row[]): void {
  for (const { name, statements } of rows) {
    if (statements === undefined) continue;
    process.stdout.write(`${name}: costliest statements\n`);
    printTable(
      ['', 'calls', 'total ms', 'mean ms'],
      statements.costliest.map(({ text, calls, totalMs, isTopLevel }) => [
        `${isTopLevel ? '' : '  '}${text.slice(0, 100)}`,
        whole(calls),
        whole(totalMs),
        (totalMs / calls).toFixed(3),
      ]),
    );
  }
}

export function printCeilings(ceilings: readonly Ceiling[]): void {
  process.stdout.write('Each part alone, CPU in µs\n');
  printTable(
    ['', 'per second', 'CPU', 'postgres'],
    ceilings.map(({ name, perSecond, cpuUs, postgresCpuUs }) => [
      name,
      whole(perSecond),
      cpuUs.toFixed(1),
      ms(postgresCpuUs),
    ]),
  );
}

export function printTargets(targets: readonly Target[]): void {
  process.stdout.write('What it must reach\n');
  printTable(
    ['', 'reached', 'target', ''],
    targets.map(({ name, reached, target, isMet }) => [
      name,
      reached,
      target,
      isMet ? 'yes' : 'NO',
    ]),
  );
}

/** The functions of a process that took the most time themselves. */
export function printHotSpots(title: string, spots: readonly HotSpot[]): void {
  process.stdout.write(`${title}: self time\n`);
  printTable(
    ['', '%'],
    spots.map(({ name, place, share }) => [`${name}  ${place}`, (100 * share).toFixed(1)]),
  );
}

import type { ReactNode } from 'react';

import { api, ask, isForbidden } from '../api/client.ts';
import type { Operations } from '../api/types.ts';
import { useNow } from '../data/use-now.ts';
import { useResource } from '../data/use-resource.ts';
import { formatBytes, formatCount, formatRate, formatSpanMs, plural } from '../format.ts';
import { Badge } from './badge.tsx';
import { ErrorNotice, Notice } from './notice.tsx';
import { Panel, Stat } from './page.tsx';
import { DateTime, RelativeTime } from './time.tsx';

/** The machinery behind deliveries: queue, workers, cron, partitions. */
export function Machinery() {
  const operations = useResource(
    'operations',
    (signal) => ask(api.GET('/operations', { signal })),
    { refreshMs: 3_000 },
  );
  if (isForbidden(operations.error)) {
    return (
      <Notice title="Workers and queue are not shown">
        They are every tenant’s, and this key is bound to one.
      </Notice>
    );
  }
  if (operations.data === undefined) return <ErrorNotice error={operations.error} />;
  const { queue, workers, cron, partitions, cache } = operations.data;
  return (
    <>
      <ErrorNotice error={operations.error} />
      <QueuePanel queue={queue} cache={cache} />
      <WorkersPanel workers={workers} />
      <CronPanel cron={cron} />
      <PartitionsPanel partitions={partitions} />
    </>
  );
}

function QueuePanel({ queue, cache }: Pick<Operations, 'queue' | 'cache'>) {
  const oldestMs = (queue.oldest_age_seconds ?? 0) * 1_000;
  return (
    <Panel title="Queue">
      <Rows
        label="Queue by task"
        headers={['Task', 'Waiting', 'Running', 'Scheduled', 'Retrying', 'Oldest']}
        rows={queue.tasks.map(
          ({ task, waiting, running, scheduled, retrying, oldest_age_seconds }) => [
            <code key="task">{task}</code>,
            formatCount(waiting),
            formatCount(running),
            formatCount(scheduled),
            formatCount(retrying),
            oldest_age_seconds === null ? '–' : formatSpanMs(oldest_age_seconds * 1_000),
          ],
        )}
      />
      <dl className="stats">
        <Stat label="Deliveries to send" value={formatCount(queue.depth)} />
        <Stat
          label="Oldest delivery"
          value={queue.oldest_age_seconds === null ? '–' : formatSpanMs(oldestMs)}
          tone={oldestMs > 60_000 ? 'bad' : undefined}
        />
        <Stat label="Waiting to retry" value={formatCount(queue.retries_waiting)} />
        <Stat
          label="Held"
          value={formatCount(queue.parked)}
          note="paused, limited, circuit breaker open"
        />
        <Stat
          label="Open circuit breakers"
          value={formatCount(queue.open_breakers)}
          tone={queue.open_breakers > 0 ? 'warn' : undefined}
        />
        <Stat
          label="Subscription cache"
          value={formatRate(cache.hit_rate)}
          note={`of ${formatCount(cache.lookups)} look-ups`}
        />
      </dl>
    </Panel>
  );
}

function WorkersPanel({ workers }: Pick<Operations, 'workers'>) {
  return (
    <Panel title="Workers">
      <Rows
        label="Workers and their heartbeats"
        headers={['Worker', 'Heartbeat', 'Under way', 'Version', 'Process', 'Running for']}
        rows={workers.map((worker) => [
          <span key="id" className="badges">
            <Badge tone={worker.is_live ? 'good' : 'bad'} mark={worker.is_live ? '●' : '✕'}>
              {worker.is_live ? 'alive' : 'silent'}
            </Badge>
            <code>{worker.id}</code>
          </span>,
          <RelativeTime key="seen" at={worker.last_seen_at} />,
          formatCount(worker.in_flight),
          worker.version,
          `${worker.host}, ${worker.process_id}`,
          formatSpanMs(Date.parse(worker.last_seen_at) - Date.parse(worker.started_at)),
        ])}
      />
    </Panel>
  );
}

function CronPanel({ cron }: Pick<Operations, 'cron'>) {
  return (
    <Panel title="Recurring tasks">
      <Rows
        label="When they run"
        headers={['Task', 'At (UTC)', 'Last run', 'Next run']}
        rows={cron.map(({ task, pattern, last_run_at, next_run_at }) => [
          <code key="task">{task}</code>,
          <code key="pattern">{pattern}</code>,
          <RelativeTime key="last" at={last_run_at} />,
          <RelativeTime key="next" at={next_run_at} />,
        ])}
      />
    </Panel>
  );
}

const TABLES = ['events', 'deliveries', 'attempts'] as const;

/** Half a day a row: what cleaning up drops together. */
function PartitionsPanel({ partitions }: Pick<Operations, 'partitions'>) {
  const bytes = partitions.reduce((sum, { total_bytes }) => sum + total_bytes, 0);
  const begun = new Map<string, Operations['partitions']>();
  const now = new Date(useNow()).toISOString();
  for (const one of partitions.filter(({ starts_at }) => starts_at <= now)) {
    begun.set(one.starts_at, [...(begun.get(one.starts_at) ?? []), one]);
  }
  const ahead = new Set(partitions.map(({ starts_at }) => starts_at)).size - begun.size;
  return (
    <Panel title={`Storage, ${formatBytes(bytes)}`}>
      <Rows
        label="Storage by half-days"
        headers={['Half-day from', ...TABLES.map((table) => `About ${table}`), 'Size']}
        rows={[...begun]
          .reverse()
          .map(([startsAt, parts]) => [
            <DateTime key="start" at={startsAt} />,
            ...TABLES.map((table) =>
              formatCount(parts.find(({ parent }) => parent === table)?.estimated_rows ?? 0),
            ),
            formatBytes(parts.reduce((sum, { total_bytes }) => sum + total_bytes, 0)),
          ])}
      />
      <p className="hint">{plural(ahead, 'half-day')} prepared ahead.</p>
    </Panel>
  );
}

/** A plain table; the first cell of a row names it. */
function Rows({
  label,
  headers,
  rows,
}: {
  label: string;
  headers: readonly string[];
  rows: readonly (readonly ReactNode[])[];
}) {
  if (rows.length === 0) return <p className="faint">None.</p>;
  return (
    <div className="metrics" tabIndex={0} role="region" aria-label={label}>
      <table>
        <thead>
          <tr>
            {headers.map((header) => (
              <th key={header} scope="col">
                {header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(([name, ...cells], row) => (
            <tr key={row}>
              <th scope="row">{name}</th>
              {cells.map((cell, at) => (
                <td key={headers[at + 1]}>{cell}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

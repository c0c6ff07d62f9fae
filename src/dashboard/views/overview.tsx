import { Suspense, lazy, useMemo } from 'react';

import { api, ask } from '../api/client.ts';
import type { Stats, StatsWindow } from '../api/types.ts';
import { DeliveryTable } from '../components/delivery-table.tsx';
import { FailingSubscriptions } from '../components/failing-subscriptions.tsx';
import { Segments } from '../components/filters.tsx';
import { EmptyState, ErrorNotice, Loading } from '../components/notice.tsx';
import { Page, Panel, Stat } from '../components/page.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { useResource } from '../data/use-resource.ts';
import { useStats } from '../data/use-stats.ts';
import { formatCount, formatDurationMs, formatRate, formatSpanMs } from '../format.ts';
import { Link, href, useQuery } from '../router.tsx';
import { testReceiverForm } from './subscriptions.tsx';

const Chart = lazy(() => import('../components/chart.tsx'));

const WINDOWS: readonly (readonly [StatsWindow, string])[] = [
  ['1h', '1 hour'],
  ['24h', '24 hours'],
  ['72h', '72 hours'],
];

export function OverviewView() {
  const [query, setQuery] = useQuery();
  const window = WINDOWS.find(([value]) => value === query.get('window'))?.[0] ?? '1h';
  const stats = useStats(window);
  const recent = useResource(
    'recent deliveries',
    (signal) => ask(api.GET('/deliveries', { params: { query: { limit: 12 } }, signal })),
    { refreshMs: 4_000 },
  );
  const deliveries = recent.data?.data ?? [];
  return (
    <Page
      title="Overview"
      actions={
        <Segments
          label="Window"
          value={window}
          options={WINDOWS}
          onChange={(value) => setQuery({ window: value })}
        />
      }
    >
      <ErrorNotice error={stats.error} onRetry={stats.reload} />
      <ErrorNotice error={recent.error} onRetry={recent.reload} />
      {stats.isLoading && recent.isLoading && <Loading />}
      {stats.data && <Numbers stats={stats.data} />}
      {stats.data && <FailingSubscriptions subscriptions={stats.data.subscriptions} />}
      {deliveries.length > 0 && (
        <Panel
          title="Newest deliveries"
          actions={
            <Link className="button small" to={href.deliveries()}>
              All deliveries
            </Link>
          }
        >
          <DeliveryTable caption="The newest deliveries" deliveries={deliveries} />
        </Panel>
      )}
      {recent.data?.data.length === 0 && <FirstSteps />}
    </Page>
  );
}

function Numbers({ stats: { totals, queue, buckets } }: { stats: Stats }) {
  const times = useMemo(() => buckets.map(({ at }) => Date.parse(at) / 1_000), [buckets]);
  const traffic = useMemo(
    () => [
      {
        label: 'Delivered',
        color: '--chart-good',
        // Bars lie over each other: the taller one is the sum, and what shows of it is the rest.
        values: buckets.map(({ delivered, failed }) => delivered + failed),
        named: buckets.map(({ delivered }) => delivered),
        kind: 'bars' as const,
      },
      {
        label: 'Failed',
        color: '--chart-bad',
        values: buckets.map(({ failed }) => failed),
        kind: 'bars' as const,
      },
      {
        label: 'Events',
        color: '--chart-line',
        values: buckets.map(({ events }) => events),
        kind: 'line' as const,
      },
    ],
    [buckets],
  );
  const latency = useMemo(
    () => [
      {
        label: 'p95',
        color: '--chart-soft',
        values: buckets.map(({ latency_ms_p95 }) => latency_ms_p95),
        kind: 'line' as const,
      },
      {
        label: 'p50',
        color: '--chart-line',
        values: buckets.map(({ latency_ms_p50 }) => latency_ms_p50),
        kind: 'line' as const,
      },
    ],
    [buckets],
  );
  const { p50, p95, p99 } = totals.latency_ms;
  const rate = totals.success_rate;
  return (
    <>
      <dl className="stats">
        <Stat
          label="Events"
          value={formatCount(totals.events)}
          note={`${formatCount(totals.deliveries)} deliveries`}
        />
        <Stat
          label="Success rate"
          value={formatRate(rate)}
          note={`of ${formatCount(totals.attempts)} attempts`}
          tone={rate === null ? undefined : rate < 0.9 ? 'bad' : rate < 0.99 ? 'warn' : 'good'}
        />
        <Stat
          label="Failed attempts"
          value={formatCount(totals.failed)}
          note={
            <Link to={href.deliveries({ status: 'failed', created_after: buckets[0]?.at })}>
              deliveries given up
            </Link>
          }
          tone={totals.failed > 0 ? 'bad' : undefined}
        />
        <Stat
          label="Latency, half within"
          value={formatDurationMs(p50)}
          note={`p95 ${formatDurationMs(p95)} · p99 ${formatDurationMs(p99)}`}
        />
        {queue.depth !== null && (
          <Stat
            label="Queue"
            value={formatCount(queue.depth)}
            note={
              queue.oldest_age_seconds === null
                ? 'to go out now'
                : `oldest ${formatSpanMs(queue.oldest_age_seconds * 1_000)}`
            }
          />
        )}
        <Stat
          label="Retrying"
          value={formatCount(queue.retries_waiting)}
          note={`${formatCount(queue.parked)} held`}
        />
      </dl>
      <div className="charts">
        <Suspense fallback={<Loading label="Drawing…" />}>
          <Chart
            title="Attempts"
            times={times}
            series={traffic}
            format={formatCount}
            summary={sumOf}
          />
          <Chart
            title="Latency"
            times={times}
            series={latency}
            format={formatDurationMs}
            summary={latestOf}
          />
        </Suspense>
      </div>
    </>
  );
}

function sumOf(values: readonly (number | null)[]): string {
  return formatCount(values.reduce<number>((sum, value) => sum + (value ?? 0), 0));
}

function latestOf(values: readonly (number | null)[]): string {
  return formatDurationMs(values.findLast((value) => value !== null));
}

function FirstSteps() {
  const { isPortal, may } = useCaller();
  if (isPortal) {
    return (
      <EmptyState
        title="Nothing has been delivered yet"
        actions={
          <IfMay do="change">
            <Link className="button primary" to={href.newSubscription()}>
              Subscribe an endpoint
            </Link>
          </IfMay>
        }
      >
        <p>
          {may.change && 'Subscribe an endpoint to the events it wants. '}
          Deliveries to it, and every attempt, appear here.
        </p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="Three steps to a first delivery"
      actions={
        <>
          <Link className="button primary" to={testReceiverForm()}>
            Begin with the test receiver
          </Link>
          <Link className="button" to={href.newSubscription()}>
            I have an endpoint
          </Link>
        </>
      }
    >
      <ol className="steps">
        <li>
          <strong>Subscribe</strong> an endpoint. Without one at hand, this server has a test
          receiver that takes everything.
        </li>
        <li>
          <strong>Publish</strong> an event, from the <Link to={href.publish()}>form</Link> or with{' '}
          <code>POST /events</code>.
        </li>
        <li>
          <strong>Watch</strong> it arrive in <Link to={href.live()}>Live</Link>, and every attempt
          in <Link to={href.deliveries()}>Deliveries</Link>.
        </li>
      </ol>
    </EmptyState>
  );
}

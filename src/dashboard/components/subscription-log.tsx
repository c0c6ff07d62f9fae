import { api, ask } from '../api/client.ts';
import type { Attempt, Subscription } from '../api/types.ts';
import { IfMay } from '../data/caller.tsx';
import { usePages } from '../data/use-pages.ts';
import { ERROR_KIND } from '../explain.ts';
import { formatDurationMs } from '../format.ts';
import { Link, href } from '../router.tsx';
import { AttemptBadge } from './badge.tsx';
import { DataTable } from './data-table.tsx';
import type { Column } from './data-table.tsx';
import { DeliveryTable } from './delivery-table.tsx';
import { EmptyState, ErrorNotice, Loading } from './notice.tsx';
import { RelativeTime } from './time.tsx';

export function SubscriptionDeliveries({ subscription }: { subscription: Subscription }) {
  const { id } = subscription;
  const pages = usePages(
    id,
    (cursor, signal) =>
      ask(
        api.GET('/subscriptions/{id}/deliveries', {
          params: { path: { id }, query: { limit: 50, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    (delivery) => delivery.id,
    { refreshMs: 3_000 },
  );
  if (pages.isLoading) return <Loading />;
  if (pages.rows.length === 0 && pages.error === undefined) {
    return (
      <EmptyState
        title="Nothing has been sent to it"
        actions={
          <IfMay do="publish">
            <Link
              className="button"
              to={href.publish({
                event_type: sampleType(subscription.event_types),
                tenant: subscription.tenant === 'default' ? undefined : subscription.tenant,
              })}
            >
              Publish a matching event
            </Link>
          </IfMay>
        }
      >
        <p>
          Its deliveries appear here as events of its types arrive. A test send tries the endpoint
          now.
        </p>
      </EmptyState>
    );
  }
  return (
    <>
      <ErrorNotice error={pages.error} onRetry={pages.reload} />
      <DeliveryTable
        caption="Deliveries of this subscription"
        deliveries={pages.rows}
        hasSubscription={false}
        hasMore={pages.hasMore}
        onEndReached={pages.loadMore}
      />
    </>
  );
}

function sampleType(eventTypes: readonly string[] | null): string | undefined {
  return eventTypes?.[0]?.replaceAll('*', 'created');
}

const COLUMNS: readonly Column<Attempt>[] = [
  { name: 'status', header: 'Answer', cell: (attempt) => <AttemptBadge attempt={attempt} /> },
  {
    name: 'type',
    header: 'Attempt',
    cell: (attempt) => (
      <Link className="row-link" to={href.delivery(attempt.delivery_id)}>
        No. {attempt.attempt_number}
        <span className="faint mono"> …{attempt.delivery_id.slice(-8)}</span>
      </Link>
    ),
  },
  {
    name: 'error',
    header: 'Error',
    show: 'wide',
    cell: ({ error }) =>
      error === null ? null : (
        <span className="soft" title={error.message}>
          {ERROR_KIND[error.kind] ?? error.kind}: {error.message}
        </span>
      ),
  },
  { name: 'count', header: 'Took', cell: ({ duration_ms }) => formatDurationMs(duration_ms) },
  { name: 'time', header: 'Started', cell: ({ started_at }) => <RelativeTime at={started_at} /> },
];

export function SubscriptionAttempts({ id }: { id: string }) {
  const pages = usePages(
    id,
    (cursor, signal) =>
      ask(
        api.GET('/subscriptions/{id}/attempts', {
          params: { path: { id }, query: { limit: 50, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    (attempt) => `${attempt.delivery_id} ${attempt.attempt_number}`,
    { refreshMs: 3_000 },
  );
  if (pages.isLoading) return <Loading />;
  if (pages.rows.length === 0 && pages.error === undefined) {
    return (
      <EmptyState title="No attempts yet">
        <p>Every HTTP request made to the target is listed here, with its answer.</p>
      </EmptyState>
    );
  }
  return (
    <>
      <ErrorNotice error={pages.error} onRetry={pages.reload} />
      <DataTable
        caption="Attempts of this subscription"
        columns={COLUMNS}
        rows={pages.rows}
        rowKey={(attempt) => `${attempt.delivery_id} ${attempt.attempt_number}`}
        hasMore={pages.hasMore}
        onEndReached={pages.loadMore}
      />
    </>
  );
}

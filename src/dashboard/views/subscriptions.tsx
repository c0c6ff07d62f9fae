import { useEffect } from 'react';

import { api, ask } from '../api/client.ts';
import type { Subscription, SubscriptionFilters } from '../api/types.ts';
import { SubscriptionBadge } from '../components/badge.tsx';
import { DataTable } from '../components/data-table.tsx';
import type { Column } from '../components/data-table.tsx';
import { FilterBar, Segments, TextFilter } from '../components/filters.tsx';
import { Icon } from '../components/icon.tsx';
import { EmptyState, ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { RelativeTime } from '../components/time.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { rememberSubscriptions, titleOf } from '../data/subscription-names.ts';
import { usePages } from '../data/use-pages.ts';
import { Link, href, useQuery } from '../router.tsx';

const NAMES = ['q', 'status', 'event_type', 'tenant'] as const;

const COLUMNS: readonly Column<Subscription>[] = [
  { name: 'status', header: 'Status', cell: ({ status }) => <SubscriptionBadge status={status} /> },
  {
    name: 'name',
    header: 'Name',
    cell: (subscription) => (
      <Link className="row-link" to={href.subscription(subscription.id)}>
        {titleOf(subscription)}
      </Link>
    ),
  },
  {
    name: 'target',
    header: 'Target',
    show: 'wide',
    cell: ({ target_url }) => (
      <span className="mono soft" title={target_url}>
        {target_url}
      </span>
    ),
  },
  {
    name: 'types',
    header: 'Event types',
    show: 'wide',
    cell: ({ event_types }) =>
      event_types === null || event_types.length === 0 ? (
        <span className="faint">all</span>
      ) : (
        <span className="mono soft" title={event_types.join(', ')}>
          {event_types.join(', ')}
        </span>
      ),
  },
  { name: 'tenant', header: 'Tenant', show: 'wide', cell: ({ tenant }) => tenant },
  { name: 'time', header: 'Created', cell: ({ created_at }) => <RelativeTime at={created_at} /> },
];

/** Who sees one tenant needs not be told which. */
const OWN_COLUMNS = COLUMNS.filter(({ name }) => name !== 'tenant');

export function SubscriptionsView() {
  const { may } = useCaller();
  const [query, setQuery] = useQuery();
  const filters = Object.fromEntries(
    NAMES.map((name) => [name, query.get(name)]).filter(([, value]) => value),
  ) as SubscriptionFilters;
  const isFiltered = Object.keys(filters).length > 0;
  const pages = usePages(
    JSON.stringify(filters),
    (cursor, signal) =>
      ask(
        api.GET('/subscriptions', {
          params: { query: { ...filters, limit: 100, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    (subscription) => subscription.id,
    { refreshMs: 10_000 },
  );
  useEffect(() => rememberSubscriptions(pages.rows), [pages.rows]);
  const clear = () => setQuery(Object.fromEntries(NAMES.map((name) => [name, undefined])));
  return (
    <Page
      title="Subscriptions"
      subtitle="Receivers’ endpoints, and the event types they want."
      actions={
        <IfMay do="change">
          <Link className="button primary" to={href.newSubscription()}>
            <Icon name="plus" /> New subscription
          </Link>
        </IfMay>
      }
    >
      <FilterBar onClear={isFiltered ? clear : undefined}>
        <TextFilter
          label="Search"
          isSearch
          value={query.get('q') ?? ''}
          placeholder="Name, description or target"
          onChange={(q) => setQuery({ q })}
        />
        <Segments
          label="Status"
          value={query.get('status') ?? ''}
          options={[
            ['', 'All'],
            ['active', 'Active'],
            ['paused', 'Paused'],
            ['disabled', 'Disabled'],
          ]}
          onChange={(status) => setQuery({ status })}
        />
        <TextFilter
          label="Takes event type"
          value={query.get('event_type') ?? ''}
          placeholder="order.created"
          onChange={(event_type) => setQuery({ event_type })}
        />
        <IfMay do="seeAllTenants">
          <TextFilter
            label="Tenant"
            value={query.get('tenant') ?? ''}
            onChange={(tenant) => setQuery({ tenant })}
          />
        </IfMay>
      </FilterBar>
      <ErrorNotice error={pages.error} onRetry={pages.reload} />
      {pages.isLoading && <Loading />}
      {pages.rows.length > 0 && (
        <DataTable
          caption="Subscriptions"
          columns={may.seeAllTenants ? COLUMNS : OWN_COLUMNS}
          rows={pages.rows}
          rowKey={({ id }) => id}
          hasMore={pages.hasMore}
          onEndReached={pages.loadMore}
        />
      )}
      {!pages.isLoading && pages.error === undefined && pages.rows.length === 0 && (
        <NoSubscriptions isFiltered={isFiltered} onClear={clear} />
      )}
    </Page>
  );
}

function NoSubscriptions({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState
        title="No subscription matches"
        actions={
          <button type="button" className="button" onClick={onClear}>
            Clear filters
          </button>
        }
      >
        <p>Try fewer filters, or part of the target’s address.</p>
      </EmptyState>
    );
  }
  return (
    <EmptyState
      title="No subscriptions yet"
      actions={
        <IfMay do="change">
          <Link className="button primary" to={href.newSubscription()}>
            New subscription
          </Link>
          <IfMay do="publish">
            <Link className="button" to={testReceiverForm()}>
              Try with the built-in receiver
            </Link>
          </IfMay>
        </IfMay>
      }
    >
      <p>
        A subscription is an endpoint that wants events: a URL, the event types it takes, and a
        secret to sign with.{' '}
        <IfMay do="publish">
          Without an endpoint at hand, point one at this server’s own test receiver.
        </IfMay>
      </p>
    </EmptyState>
  );
}

/** The form for a new subscription, filled in with this server's own test receiver. */
export function testReceiverForm(): string {
  return href.newSubscription({
    name: 'Test receiver',
    target_url: `${window.location.origin}/webhook`,
  });
}

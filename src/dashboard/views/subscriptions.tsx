import { useEffect } from 'react';

import { api, ask } from '../api/client.ts';
import type { Subscription, SubscriptionFilters, SubscriptionStatus } from '../api/types.ts';
import { SubscriptionBadge } from '../components/badge.tsx';
import type { Column } from '../components/data-table.tsx';
import { Segments, TenantFilter, TextFilter } from '../components/filters.tsx';
import { Icon } from '../components/icon.tsx';
import { ListPage } from '../components/list-page.tsx';
import { EmptyState } from '../components/notice.tsx';
import { RelativeTime } from '../components/time.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { rememberSubscriptions, titleOf } from '../data/subscription-names.ts';
import { keyOf, useListFilters } from '../data/use-list-filters.ts';
import type { ListFilters } from '../data/use-list-filters.ts';
import { usePages } from '../data/use-pages.ts';
import { shortUrl } from '../format.ts';
import { Link, href } from '../router.tsx';

const NAMES = ['q', 'status', 'event_type', 'tenant'];

const STATUSES: Readonly<Record<SubscriptionStatus, string>> = {
  active: 'Active',
  paused: 'Paused',
  disabled: 'Disabled',
};

const STATUS_OPTIONS: readonly (readonly [string, string])[] = [
  ['', 'All'],
  ...Object.entries(STATUSES),
];

const COLUMNS: readonly Column<Subscription>[] = [
  { name: 'status', header: 'Status', cell: ({ status }) => <SubscriptionBadge status={status} /> },
  {
    name: 'name',
    header: 'Name',
    cell: (subscription) => (
      <Link className="row-link" dir="auto" to={href.subscription(subscription.id)}>
        {titleOf(subscription)}
      </Link>
    ),
  },
  {
    name: 'target',
    header: 'Target',
    show: 'wide',
    cell: ({ target_url }) => (
      <span className="mono soft" title={shortUrl(target_url)}>
        {shortUrl(target_url)}
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

/** The column is not needed by callers that see one tenant. */
const OWN_COLUMNS = COLUMNS.filter(({ name }) => name !== 'tenant');

const idOf = ({ id }: Subscription) => id;

function filtersOf({ get }: ListFilters): SubscriptionFilters {
  return {
    q: get('q'),
    status: keyOf(STATUSES, get('status')),
    event_type: get('event_type'),
    tenant: get('tenant'),
  };
}

export function SubscriptionsView() {
  const { may } = useCaller();
  const filters = useListFilters(NAMES);
  const { field } = filters;
  const query = filtersOf(filters);
  const pages = usePages(
    JSON.stringify(query),
    (cursor, signal) =>
      ask(
        api.GET('/subscriptions', { params: { query: { ...query, limit: 100, cursor } }, signal }),
      ),
    idOf,
    { refreshMs: 10_000 },
  );
  useEffect(() => rememberSubscriptions(pages.rows), [pages.rows]);
  return (
    <ListPage
      title="Subscriptions"
      subtitle="Receivers’ endpoints, and the event types they want."
      actions={
        <IfMay do="change">
          <Link className="button primary" to={href.newSubscription()}>
            <Icon name="plus" /> New subscription
          </Link>
        </IfMay>
      }
      filters={filters}
      controls={
        <>
          <TextFilter
            label="Search"
            isSearch
            placeholder="Name, description or target"
            {...field('q')}
          />
          <Segments label="Status" options={STATUS_OPTIONS} {...field('status')} />
          <TextFilter
            label="Takes event type"
            placeholder="order.created"
            {...field('event_type')}
          />
          <TenantFilter {...field('tenant')} />
        </>
      }
      pages={pages}
      columns={may.seeAllTenants ? COLUMNS : OWN_COLUMNS}
      rowKey={idOf}
      noMatch={{
        title: 'No subscription matches',
        hint: 'Try fewer filters, or part of the target’s address.',
      }}
      empty={<NoSubscriptions />}
    />
  );
}

function NoSubscriptions() {
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

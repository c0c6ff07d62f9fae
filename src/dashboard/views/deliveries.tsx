import { api, ask } from '../api/client.ts';
import type { Delivery, DeliveryFilters } from '../api/types.ts';
import { DELIVERY_COLUMNS } from '../components/delivery-table.tsx';
import {
  Choices,
  SelectFilter,
  TenantFilter,
  TextFilter,
  TimeFilter,
} from '../components/filters.tsx';
import { ListPage } from '../components/list-page.tsx';
import { EmptyState } from '../components/notice.tsx';
import { SubscriptionName } from '../components/subscription-name.tsx';
import { IfMay } from '../data/caller.tsx';
import { keyOf, keysOf, useListFilters } from '../data/use-list-filters.ts';
import type { ListFilters } from '../data/use-list-filters.ts';
import { usePages } from '../data/use-pages.ts';
import { REASON, STATUS, STATUS_OPTIONS } from '../explain.ts';
import { Link, href } from '../router.tsx';

const NAMES = [
  'status',
  'reason',
  'status_class',
  'event_type',
  'subscription_id',
  'event_id',
  'tenant',
  'created_after',
  'created_before',
];

const STATUS_CLASSES = { '2xx': '2xx', '3xx': '3xx', '4xx': '4xx', '5xx': '5xx' };

const REASON_OPTIONS: readonly (readonly [string, string])[] = [
  ['', 'Any but filtered'],
  ...Object.entries(REASON),
];

const CLASS_OPTIONS: readonly (readonly [string, string])[] = [
  ['', 'Any'],
  ...Object.entries(STATUS_CLASSES),
];

const idOf = (delivery: Delivery) => delivery.id;

function filtersOf({ get, getAll }: ListFilters): DeliveryFilters {
  return {
    status: keysOf(STATUS, getAll('status')),
    reason: keyOf(REASON, get('reason')),
    status_class: keyOf(STATUS_CLASSES, get('status_class')),
    event_type: get('event_type'),
    subscription_id: get('subscription_id'),
    event_id: get('event_id'),
    tenant: get('tenant'),
    created_after: get('created_after'),
    created_before: get('created_before'),
  };
}

export function DeliveriesView() {
  const filters = useListFilters(NAMES);
  const query = filtersOf(filters);
  const pages = usePages(
    JSON.stringify(query),
    (cursor, signal) =>
      ask(api.GET('/deliveries', { params: { query: { ...query, limit: 100, cursor } }, signal })),
    idOf,
    { refreshMs: 4_000 },
  );
  return (
    <ListPage
      title="Deliveries"
      subtitle="One event on its way to one subscription, newest first."
      filters={filters}
      controls={<Controls filters={filters} query={query} />}
      pages={pages}
      columns={DELIVERY_COLUMNS}
      rowKey={idOf}
      noMatch={{
        title: 'No delivery matches',
        hint: 'Nothing within retention fits all of the filters.',
      }}
      empty={<NoDeliveries />}
    />
  );
}

function Controls({ filters, query }: { filters: ListFilters; query: DeliveryFilters }) {
  const { field, set } = filters;
  const { status, subscription_id: subscriptionId, event_id: eventId } = query;
  return (
    <>
      <Choices
        label="Status"
        values={status ?? []}
        options={STATUS_OPTIONS}
        onChange={(chosen) => set({ status: chosen })}
      />
      <TextFilter label="Event type" placeholder="order.created" {...field('event_type')} />
      <SelectFilter label="Reason" options={REASON_OPTIONS} {...field('reason')} />
      <SelectFilter label="Last answer" options={CLASS_OPTIONS} {...field('status_class')} />
      <TimeFilter label="From" {...field('created_after')} />
      <TimeFilter label="Until" {...field('created_before')} />
      <TenantFilter {...field('tenant')} />
      {subscriptionId !== undefined && (
        <span className="filter-chip">
          To <SubscriptionName id={subscriptionId} />
          <button type="button" onClick={() => set({ subscription_id: undefined })}>
            Any
          </button>
        </span>
      )}
      {eventId !== undefined && (
        <span className="filter-chip">
          Of <Link to={href.event(eventId)}>one event</Link>
          <button type="button" onClick={() => set({ event_id: undefined })}>
            Any
          </button>
        </span>
      )}
    </>
  );
}

function NoDeliveries() {
  return (
    <EmptyState
      title="No deliveries yet"
      actions={
        <>
          <IfMay do="publish">
            <Link className="button primary" to={href.publish()}>
              Publish an event
            </Link>
          </IfMay>
          <Link className="button" to={href.subscriptions()}>
            Subscriptions
          </Link>
        </>
      }
    >
      <p>
        A delivery is made for every subscription that wants an event’s type. Each is tried, retried
        on its schedule, and kept here with every attempt until retention ends; for longer if it
        failed.
      </p>
    </EmptyState>
  );
}

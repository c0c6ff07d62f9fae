import { api, ask } from '../api/client.ts';
import type { Delivery, DeliveryFilters, DeliveryStatus } from '../api/types.ts';
import { DeliveryTable } from '../components/delivery-table.tsx';
import {
  FilterBar,
  Segments,
  SelectFilter,
  TextFilter,
  TimeFilter,
} from '../components/filters.tsx';
import { EmptyState, ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { SubscriptionName } from '../components/subscription-name.tsx';
import { IfMay } from '../data/caller.tsx';
import { usePages } from '../data/use-pages.ts';
import { REASON } from '../explain.ts';
import { Link, href, useQuery } from '../router.tsx';

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
] as const;

export const STATUS_OPTIONS: readonly (readonly [DeliveryStatus | '', string])[] = [
  ['', 'All'],
  ['pending', 'Pending'],
  ['delivering', 'Delivering'],
  ['delivered', 'Delivered'],
  ['failed', 'Failed'],
  ['discarded', 'Discarded'],
  ['cancelled', 'Cancelled'],
];

const REASON_OPTIONS: readonly (readonly [string, string])[] = [
  ['', 'Any but filtered'],
  ...Object.entries(REASON),
];

const idOf = (delivery: Delivery) => delivery.id;

export function DeliveriesView() {
  const [query, setQuery] = useQuery();
  const filters = Object.fromEntries(
    NAMES.map((name) => [name, query.get(name)]).filter(([, value]) => value),
  ) as DeliveryFilters;
  const isFiltered = Object.keys(filters).length > 0;
  const pages = usePages(
    JSON.stringify(filters),
    (cursor, signal) =>
      ask(
        api.GET('/deliveries', {
          params: { query: { ...filters, limit: 100, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    idOf,
    { refreshMs: 4_000 },
  );
  const clear = () => setQuery(Object.fromEntries(NAMES.map((name) => [name, undefined])));
  return (
    <Page title="Deliveries" subtitle="One event on its way to one subscription, newest first.">
      <FilterBar onClear={isFiltered ? clear : undefined}>
        <Segments
          label="Status"
          value={query.get('status') ?? ''}
          options={STATUS_OPTIONS}
          onChange={(status) => setQuery({ status })}
        />
        <TextFilter
          label="Event type"
          value={query.get('event_type') ?? ''}
          placeholder="order.created"
          onChange={(event_type) => setQuery({ event_type })}
        />
        <SelectFilter
          label="Reason"
          value={query.get('reason') ?? ''}
          options={REASON_OPTIONS}
          onChange={(reason) => setQuery({ reason })}
        />
        <SelectFilter
          label="Last answer"
          value={query.get('status_class') ?? ''}
          options={[
            ['', 'Any'],
            ['2xx', '2xx'],
            ['3xx', '3xx'],
            ['4xx', '4xx'],
            ['5xx', '5xx'],
          ]}
          onChange={(status_class) => setQuery({ status_class })}
        />
        <TimeFilter
          label="From"
          value={query.get('created_after') ?? ''}
          onChange={(created_after) => setQuery({ created_after })}
        />
        <TimeFilter
          label="Until"
          value={query.get('created_before') ?? ''}
          onChange={(created_before) => setQuery({ created_before })}
        />
        <IfMay do="seeAllTenants">
          <TextFilter
            label="Tenant"
            value={query.get('tenant') ?? ''}
            onChange={(tenant) => setQuery({ tenant })}
          />
        </IfMay>
        {filters.subscription_id !== undefined && (
          <span className="filter-chip">
            To <SubscriptionName id={filters.subscription_id} />
            <button type="button" onClick={() => setQuery({ subscription_id: undefined })}>
              Any
            </button>
          </span>
        )}
        {filters.event_id !== undefined && (
          <span className="filter-chip">
            Of <Link to={href.event(filters.event_id)}>one event</Link>
            <button type="button" onClick={() => setQuery({ event_id: undefined })}>
              Any
            </button>
          </span>
        )}
      </FilterBar>
      <ErrorNotice error={pages.error} onRetry={pages.reload} />
      {pages.isLoading && <Loading />}
      {pages.rows.length > 0 && (
        <DeliveryTable
          caption="Deliveries"
          deliveries={pages.rows}
          hasMore={pages.hasMore}
          onEndReached={pages.loadMore}
        />
      )}
      {!pages.isLoading && pages.error === undefined && pages.rows.length === 0 && (
        <NoDeliveries isFiltered={isFiltered} onClear={clear} />
      )}
    </Page>
  );
}

function NoDeliveries({ isFiltered, onClear }: { isFiltered: boolean; onClear: () => void }) {
  if (isFiltered) {
    return (
      <EmptyState
        title="No delivery matches"
        actions={
          <button type="button" className="button" onClick={onClear}>
            Clear filters
          </button>
        }
      >
        <p>Nothing within retention fits all of the filters.</p>
      </EmptyState>
    );
  }
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

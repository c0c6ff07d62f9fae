import { api, ask } from '../api/client.ts';
import type { EventFilters, PostedEvent } from '../api/types.ts';
import { Badge } from '../components/badge.tsx';
import { DataTable } from '../components/data-table.tsx';
import type { Column } from '../components/data-table.tsx';
import { FilterBar, SelectFilter, TextFilter, TimeFilter } from '../components/filters.tsx';
import { EmptyState, ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { RelativeTime } from '../components/time.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { usePages } from '../data/use-pages.ts';
import { STATUS } from '../explain.ts';
import { formatBytes } from '../format.ts';
import { Link, href, useQuery } from '../router.tsx';
import { STATUS_OPTIONS } from './deliveries.tsx';

const NAMES = ['event_type', 'status', 'tenant', 'received_after', 'received_before'] as const;

const COLUMNS: readonly Column<PostedEvent>[] = [
  {
    name: 'type',
    header: 'Event type',
    cell: (event) => (
      <Link className="row-link mono" to={href.event(event.id)}>
        {event.event_type}
      </Link>
    ),
  },
  { name: 'counts', header: 'Deliveries', cell: (event) => <DeliveryCounts event={event} /> },
  { name: 'tenant', header: 'Tenant', show: 'wide', cell: (event) => event.tenant },
  {
    name: 'size',
    header: 'Payload',
    show: 'wide',
    cell: (event) => formatBytes(event.payload_bytes),
  },
  { name: 'time', header: 'Received', cell: (event) => <RelativeTime at={event.received_at} /> },
];

/** How many of an event's deliveries are in each state, leaving out those that are in none. */
export function DeliveryCounts({ event }: { event: PostedEvent }) {
  const counts = Object.entries(event.deliveries).filter(([, count]) => count > 0);
  if (counts.length === 0) return <span className="faint">No subscriber</span>;
  return (
    <span className="badges">
      {counts.map(([status, count]) => {
        const { label, tone, mark } = STATUS[status as keyof typeof STATUS];
        return (
          <Badge key={status} tone={tone} mark={mark} title={label}>
            {count}
            <span className="visually-hidden"> {label}</span>
          </Badge>
        );
      })}
    </span>
  );
}

const OWN_COLUMNS = COLUMNS.filter(({ name }) => name !== 'tenant');

export function EventsView() {
  const { may } = useCaller();
  const [query, setQuery] = useQuery();
  const filters = Object.fromEntries(
    NAMES.map((name) => [name, query.get(name)]).filter(([, value]) => value),
  ) as EventFilters;
  const isFiltered = Object.keys(filters).length > 0;
  const pages = usePages(
    JSON.stringify(filters),
    (cursor, signal) =>
      ask(
        api.GET('/events', {
          params: { query: { ...filters, limit: 100, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    (event) => event.id,
    { refreshMs: 5_000 },
  );
  const clear = () => setQuery(Object.fromEntries(NAMES.map((name) => [name, undefined])));
  return (
    <Page
      title="Events"
      subtitle="What happened, kept byte for byte as received."
      actions={
        <IfMay do="publish">
          <Link className="button primary" to={href.publish()}>
            Publish an event
          </Link>
        </IfMay>
      }
    >
      <FilterBar onClear={isFiltered ? clear : undefined}>
        <TextFilter
          label="Event type"
          value={query.get('event_type') ?? ''}
          placeholder="order.created"
          onChange={(event_type) => setQuery({ event_type })}
        />
        <SelectFilter
          label="With a delivery"
          value={query.get('status') ?? ''}
          options={STATUS_OPTIONS.map(([value, name]) => [
            value,
            value === '' ? 'in any state' : name,
          ])}
          onChange={(status) => setQuery({ status })}
        />
        <TimeFilter
          label="From"
          value={query.get('received_after') ?? ''}
          onChange={(received_after) => setQuery({ received_after })}
        />
        <TimeFilter
          label="Until"
          value={query.get('received_before') ?? ''}
          onChange={(received_before) => setQuery({ received_before })}
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
          caption="Events"
          columns={may.seeAllTenants ? COLUMNS : OWN_COLUMNS}
          rows={pages.rows}
          rowKey={(event) => event.id}
          hasMore={pages.hasMore}
          onEndReached={pages.loadMore}
        />
      )}
      {!pages.isLoading && pages.error === undefined && pages.rows.length === 0 && (
        <EmptyState
          title={isFiltered ? 'No event matches' : 'No events yet'}
          actions={
            isFiltered ? (
              <button type="button" className="button" onClick={clear}>
                Clear filters
              </button>
            ) : (
              <IfMay do="publish">
                <Link className="button primary" to={href.publish()}>
                  Publish an event
                </Link>
              </IfMay>
            )
          }
        >
          {isFiltered ? (
            <p>Nothing within retention fits all of the filters.</p>
          ) : !may.publish ? (
            <p>What happens is listed here, with what became of its deliveries.</p>
          ) : (
            <p>
              Applications send events with <code>POST /events</code>, or to one subscription with{' '}
              <code>POST /ingest/…</code>. Each is listed here with what became of its deliveries.
            </p>
          )}
        </EmptyState>
      )}
    </Page>
  );
}

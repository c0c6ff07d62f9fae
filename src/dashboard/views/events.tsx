import { api, ask } from '../api/client.ts';
import type { EventFilters, PostedEvent } from '../api/types.ts';
import type { Column } from '../components/data-table.tsx';
import { DeliveryCounts } from '../components/delivery-counts.tsx';
import { SelectFilter, TenantFilter, TextFilter, TimeFilter } from '../components/filters.tsx';
import { ListPage } from '../components/list-page.tsx';
import { EmptyState } from '../components/notice.tsx';
import { RelativeTime } from '../components/time.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { keyOf, useListFilters } from '../data/use-list-filters.ts';
import type { ListFilters } from '../data/use-list-filters.ts';
import { usePages } from '../data/use-pages.ts';
import { STATUS, STATUS_OPTIONS } from '../explain.ts';
import { formatBytes } from '../format.ts';
import { Link, href } from '../router.tsx';

const NAMES = ['event_type', 'status', 'tenant', 'received_after', 'received_before'];

const STATE_OPTIONS: readonly (readonly [string, string])[] = [
  ['', 'in any state'],
  ...STATUS_OPTIONS,
];

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

const OWN_COLUMNS = COLUMNS.filter(({ name }) => name !== 'tenant');

const idOf = (event: PostedEvent) => event.id;

function filtersOf({ get }: ListFilters): EventFilters {
  return {
    event_type: get('event_type'),
    status: keyOf(STATUS, get('status')),
    tenant: get('tenant'),
    received_after: get('received_after'),
    received_before: get('received_before'),
  };
}

export function EventsView() {
  const { may } = useCaller();
  const filters = useListFilters(NAMES);
  const { field } = filters;
  const query = filtersOf(filters);
  const pages = usePages(
    JSON.stringify(query),
    (cursor, signal) =>
      ask(api.GET('/events', { params: { query: { ...query, limit: 100, cursor } }, signal })),
    idOf,
    { refreshMs: 5_000 },
  );
  return (
    <ListPage
      title="Events"
      subtitle="What happened, kept byte for byte as received."
      actions={<PublishLink />}
      filters={filters}
      controls={
        <>
          <TextFilter label="Event type" placeholder="order.created" {...field('event_type')} />
          <SelectFilter label="With a delivery" options={STATE_OPTIONS} {...field('status')} />
          <TimeFilter label="From" {...field('received_after')} />
          <TimeFilter label="Until" {...field('received_before')} />
          <TenantFilter {...field('tenant')} />
        </>
      }
      pages={pages}
      columns={may.seeAllTenants ? COLUMNS : OWN_COLUMNS}
      rowKey={idOf}
      noMatch={{
        title: 'No event matches',
        hint: 'Nothing within retention fits all of the filters.',
      }}
      empty={<NoEvents />}
    />
  );
}

function PublishLink() {
  return (
    <IfMay do="publish">
      <Link className="button primary" to={href.publish()}>
        Publish an event
      </Link>
    </IfMay>
  );
}

function NoEvents() {
  const { may } = useCaller();
  return (
    <EmptyState title="No events yet" actions={<PublishLink />}>
      {may.publish ? (
        <p>
          Applications send events with <code>POST /events</code>, or to one subscription with{' '}
          <code>POST /ingest/…</code>. Each is listed here with what became of its deliveries.
        </p>
      ) : (
        <p>What happens is listed here, with what became of its deliveries.</p>
      )}
    </EmptyState>
  );
}

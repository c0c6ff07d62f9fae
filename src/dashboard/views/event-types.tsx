import { api, ask } from '../api/client.ts';
import type { EventType, EventTypeFilters } from '../api/types.ts';
import { DataTable } from '../components/data-table.tsx';
import type { Column } from '../components/data-table.tsx';
import { EventTypeBadges } from '../components/event-type-badges.tsx';
import { FilterBar, TextFilter } from '../components/filters.tsx';
import { Icon } from '../components/icon.tsx';
import { EmptyState, ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { usePages } from '../data/use-pages.ts';
import { Link, href, useQuery } from '../router.tsx';

const NAMES = ['q', 'tenant'] as const;

const COLUMNS: readonly Column<EventType>[] = [
  {
    name: 'type',
    header: 'Event type',
    cell: ({ name, tenant }) => (
      <Link className="row-link mono" to={href.eventType(name, tenant)}>
        {name}
      </Link>
    ),
  },
  { name: 'state', header: 'State', cell: (type) => <EventTypeBadges type={type} /> },
  {
    name: 'description',
    header: 'Description',
    show: 'wide',
    cell: ({ description }) => <span className="soft">{description}</span>,
  },
  {
    name: 'example',
    header: 'Example',
    show: 'wide',
    cell: ({ example }) => (
      <span className="mono soft">
        {example === null || example === undefined ? '' : JSON.stringify(example).slice(0, 200)}
      </span>
    ),
  },
  { name: 'tenant', header: 'Tenant', show: 'wide', cell: ({ tenant }) => tenant },
];

export function EventTypesView() {
  const [query, setQuery] = useQuery();
  const filters = Object.fromEntries(
    NAMES.map((name) => [name, query.get(name)]).filter(([, value]) => value),
  ) as EventTypeFilters;
  const isFiltered = Object.keys(filters).length > 0;
  const pages = usePages(
    JSON.stringify(filters),
    (cursor, signal) =>
      ask(
        api.GET('/event-types', {
          params: { query: { ...filters, limit: 100, ...(cursor && { cursor }) } },
          signal,
        }),
      ),
    ({ tenant, name }) => `${tenant} ${name}`,
    { refreshMs: 10_000 },
  );
  const clear = () => setQuery(Object.fromEntries(NAMES.map((name) => [name, undefined])));
  const create = (
    <Link className="button primary" to={href.newEventType()}>
      <Icon name="plus" /> New event type
    </Link>
  );
  const isEmpty = !pages.isLoading && pages.error === undefined && pages.rows.length === 0;
  return (
    <Page
      title="Event types"
      subtitle="What is published, with schemas and examples."
      actions={create}
    >
      <FilterBar onClear={isFiltered ? clear : undefined}>
        <TextFilter
          label="Search"
          isSearch
          value={query.get('q') ?? ''}
          placeholder="Name or description"
          onChange={(q) => setQuery({ q })}
        />
        <TextFilter
          label="Tenant"
          value={query.get('tenant') ?? ''}
          onChange={(tenant) => setQuery({ tenant })}
        />
      </FilterBar>
      <ErrorNotice error={pages.error} onRetry={pages.reload} />
      {pages.isLoading && <Loading />}
      {pages.rows.length > 0 && (
        <DataTable
          caption="Event types"
          columns={COLUMNS}
          rows={pages.rows}
          rowKey={({ tenant, name }) => `${tenant} ${name}`}
          hasMore={pages.hasMore}
          onEndReached={pages.loadMore}
        />
      )}
      {isEmpty && (
        <EmptyState title={isFiltered ? 'No event type matches' : 'No event types yet'}>
          <p>
            Describe what you publish, with a schema and an example: receivers find it here, and
            payloads can be held to it. An OpenAPI document’s webhooks are imported with{' '}
            <code>npx posthorn types import</code>.
          </p>
        </EmptyState>
      )}
    </Page>
  );
}

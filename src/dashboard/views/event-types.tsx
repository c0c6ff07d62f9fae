import type { EventTypeFilters } from '../api/types.ts';
import type { Column } from '../components/data-table.tsx';
import { EventTypeBadges } from '../components/event-type-badges.tsx';
import { TenantFilter, TextFilter } from '../components/filters.tsx';
import { Icon } from '../components/icon.tsx';
import { ListPage } from '../components/list-page.tsx';
import { EmptyState } from '../components/notice.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { loadEventTypes } from '../data/use-event-types.ts';
import { useListFilters } from '../data/use-list-filters.ts';
import { usePages } from '../data/use-pages.ts';
import type { WrittenEventType } from '../event-type-draft.ts';
import { onOneLine } from '../json-text.ts';
import { Link, href } from '../router.tsx';

const NAMES = ['q', 'tenant'];

const COLUMNS: readonly Column<WrittenEventType>[] = [
  {
    name: 'type',
    header: 'Event type',
    cell: ({ type: { name, tenant } }) => (
      <Link className="row-link mono" to={href.eventType(name, tenant)}>
        {name}
      </Link>
    ),
  },
  { name: 'state', header: 'State', cell: ({ type }) => <EventTypeBadges type={type} /> },
  {
    name: 'description',
    header: 'Description',
    show: 'wide',
    cell: ({ type }) => <span className="soft">{type.description}</span>,
  },
  {
    name: 'example',
    header: 'Example',
    show: 'wide',
    cell: ({ example }) => <span className="mono soft">{onOneLine(example).slice(0, 200)}</span>,
  },
  { name: 'tenant', header: 'Tenant', show: 'wide', cell: ({ type }) => type.tenant },
];

const keyOfType = ({ type: { tenant, name } }: WrittenEventType) => `${tenant} ${name}`;

const OWN_COLUMNS = COLUMNS.filter(({ name }) => name !== 'tenant');

export function EventTypesView() {
  const { may } = useCaller();
  const filters = useListFilters(NAMES);
  const { field, get } = filters;
  const query: EventTypeFilters = { q: get('q'), tenant: get('tenant') };
  const pages = usePages(
    JSON.stringify(query),
    (cursor, signal) => loadEventTypes({ ...query, limit: 100, cursor }, signal),
    keyOfType,
    { refreshMs: 10_000 },
  );
  return (
    <ListPage
      title="Event types"
      subtitle="What is published, with schemas and examples."
      actions={
        <IfMay do="administer">
          <Link className="button primary" to={href.newEventType()}>
            <Icon name="plus" /> New event type
          </Link>
        </IfMay>
      }
      filters={filters}
      controls={
        <>
          <TextFilter label="Search" isSearch placeholder="Name or description" {...field('q')} />
          <TenantFilter {...field('tenant')} />
        </>
      }
      pages={pages}
      columns={may.seeAllTenants ? COLUMNS : OWN_COLUMNS}
      rowKey={keyOfType}
      noMatch={{ title: 'No event type matches', hint: 'Try fewer filters, or part of the name.' }}
      empty={<NoEventTypes />}
    />
  );
}

function NoEventTypes() {
  const { may } = useCaller();
  return (
    <EmptyState title="No event types yet">
      {may.administer ? (
        <p>
          Describe what you publish, with a schema and an example: receivers find it here, and
          payloads can be held to it. An OpenAPI document’s webhooks are imported with{' '}
          <code>npx posthorn types import</code>.
        </p>
      ) : (
        <p>What is sent is described here, with schemas and examples.</p>
      )}
    </EmptyState>
  );
}

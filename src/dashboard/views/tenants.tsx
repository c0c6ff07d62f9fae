import { useMemo, useState } from 'react';

import { api, ask } from '../api/client.ts';
import type { Tenant } from '../api/types.ts';
import { Badge } from '../components/badge.tsx';
import type { Column } from '../components/data-table.tsx';
import { TextFilter } from '../components/filters.tsx';
import { ListPage } from '../components/list-page.tsx';
import { EmptyState } from '../components/notice.tsx';
import { PortalDialog } from '../components/portal-dialog.tsx';
import { RelativeTime } from '../components/time.tsx';
import { useCaller } from '../data/caller.tsx';
import { useListFilters } from '../data/use-list-filters.ts';
import { usePages } from '../data/use-pages.ts';
import { formatCount, formatRate } from '../format.ts';
import { Link, href } from '../router.tsx';

const NAMES = ['q'];
const nameOf = ({ tenant }: Tenant) => tenant;

/** For operators: the owners of events and subscriptions. */
export function TenantsView() {
  const filters = useListFilters(NAMES);
  const [opened, setOpened] = useState<Tenant>();
  const q = filters.get('q');
  const pages = usePages(
    q ?? '',
    (cursor, signal) =>
      ask(api.GET('/tenants', { params: { query: { limit: 100, q, cursor } }, signal })),
    nameOf,
    { refreshMs: 10_000 },
  );
  const { administer } = useCaller().may;
  const columns = useMemo(
    () => (administer ? [...COLUMNS, portalColumn(setOpened)] : COLUMNS),
    [administer],
  );
  return (
    <ListPage
      title="Tenants"
      subtitle="Whose events and subscriptions they are."
      filters={filters}
      controls={
        <TextFilter
          label="Search"
          isSearch
          placeholder="Part of the name"
          {...filters.field('q')}
        />
      }
      pages={pages}
      columns={columns}
      rowKey={nameOf}
      noMatch={{ title: 'No tenant matches', hint: 'Try a shorter part of the name.' }}
      empty={
        <EmptyState title="No tenants yet">
          <p>
            A tenant is a name. It is here as soon as a subscription, an event or an API key carries
            it.
          </p>
        </EmptyState>
      }
    >
      {opened !== undefined && (
        <PortalDialog
          tenant={opened}
          onClose={() => setOpened(undefined)}
          onChange={pages.reload}
        />
      )}
    </ListPage>
  );
}

const COLUMNS: readonly Column<Tenant>[] = [
  {
    name: 'name',
    header: 'Tenant',
    cell: ({ tenant }) => (
      <Link className="row-link" to={href.subscriptions({ tenant })}>
        {tenant}
      </Link>
    ),
  },
  {
    name: 'subscriptions',
    header: 'Subscriptions',
    cell: ({ subscriptions: { active, paused, disabled, failing } }) => (
      <span className="badges">
        <span>{formatCount(active + paused + disabled)}</span>
        {failing > 0 && <Badge tone="bad">{formatCount(failing)} failing</Badge>}
        {disabled > 0 && <Badge tone="bad">{formatCount(disabled)} disabled</Badge>}
        {paused > 0 && <Badge tone="held">{formatCount(paused)} paused</Badge>}
      </span>
    ),
  },
  {
    name: 'deliveries',
    header: 'Deliveries, 24 h',
    show: 'wide',
    cell: ({ tenant, last_24h: { deliveries } }) => (
      <Link className="cell-link" to={href.deliveries({ tenant })}>
        {formatCount(deliveries)}
      </Link>
    ),
  },
  {
    name: 'rate',
    header: 'Success, 24 h',
    show: 'wide',
    cell: ({ last_24h }) => formatRate(last_24h.success_rate),
  },
  {
    name: 'time',
    header: 'Last event',
    show: 'wide',
    cell: ({ tenant, last_event_at: at }) =>
      at === null ? (
        <span className="faint">–</span>
      ) : (
        <Link className="cell-link" to={href.events({ tenant })}>
          <RelativeTime at={at} />
        </Link>
      ),
  },
];

function portalColumn(open: (tenant: Tenant) => void): Column<Tenant> {
  return {
    name: 'portal',
    header: 'Portal',
    cell: (tenant) => (
      <button type="button" className="button small" onClick={() => open(tenant)}>
        Open… <span className="visually-hidden">portal of {tenant.tenant}</span>
      </button>
    ),
  };
}

import type { ReactNode } from 'react';

import type { ApiError } from '../api/client.ts';
import type { ListFilters } from '../data/use-list-filters.ts';
import type { Pages } from '../data/use-pages.ts';
import { DataTable } from './data-table.tsx';
import type { Column } from './data-table.tsx';
import { plainly } from './field.tsx';
import { FilterBar } from './filters.tsx';
import { EmptyState, ErrorNotice, Loading, Notice } from './notice.tsx';
import { Page } from './page.tsx';

interface ListPageProps<Row> {
  title: string;
  subtitle: ReactNode;
  actions?: ReactNode;
  /** For those who hear the page; the title unless given. */
  caption?: string;
  filters: ListFilters;
  /** The controls of the filters. */
  controls: ReactNode;
  pages: Pages<Row>;
  columns: readonly Column<Row>[];
  rowKey: (row: Row) => string;
  /** What to say where there is nothing, filtered or not. */
  empty: ReactNode;
  /** What the filters may have left out; without it, `empty` is said of filters too. */
  noMatch?: { title: string; hint: string };
  /** Dialogs. */
  children?: ReactNode;
}

/** A view that is a list: filters above a table, or why there is none. */
export function ListPage<Row>({
  title,
  subtitle,
  actions,
  caption = title,
  filters,
  controls,
  pages,
  columns,
  rowKey,
  empty,
  noMatch,
  children,
}: ListPageProps<Row>) {
  const { rows, error, isLoading, hasMore, loadMore, reload } = pages;
  const isEmpty = !isLoading && error === undefined && rows.length === 0;
  return (
    <Page title={title} subtitle={subtitle} actions={actions}>
      <FilterBar onClear={filters.isFiltered ? filters.clear : undefined}>{controls}</FilterBar>
      <ListError error={error} onRetry={reload} />
      {isLoading && <Loading />}
      {rows.length > 0 && (
        <DataTable
          caption={caption}
          columns={columns}
          rows={rows}
          rowKey={rowKey}
          hasMore={hasMore}
          onEndReached={loadMore}
        />
      )}
      {isEmpty &&
        (filters.isFiltered && noMatch !== undefined ? (
          <NoMatch {...noMatch} onClear={filters.clear} />
        ) : (
          empty
        ))}
      {children}
    </Page>
  );
}

function NoMatch({ title, hint, onClear }: { title: string; hint: string; onClear: () => void }) {
  return (
    <EmptyState
      title={title}
      actions={
        <button type="button" className="button" onClick={onClear}>
          Clear filters
        </button>
      }
    >
      <p>{hint}</p>
    </EmptyState>
  );
}

/** Why there is no list: which filter the server refused, where that is why. */
function ListError({ error, onRetry }: { error: ApiError | undefined; onRetry: () => void }) {
  if (error === undefined || error.items.length === 0) {
    return <ErrorNotice error={error} onRetry={onRetry} />;
  }
  // A format and its pattern are refused twice, and mean the same.
  const said = new Set(
    error.items.map(({ pointer, detail }) => `${nameOf(pointer)} ${plainly(detail)}`),
  );
  return (
    <Notice tone="bad" title="A filter was refused">
      <ul>
        {[...said].map((one) => (
          <li key={one}>{one}</li>
        ))}
      </ul>
    </Notice>
  );
}

/** `/query/subscription_id` is a subscription id. */
function nameOf(pointer: string): string {
  return (pointer.split('/').pop() ?? '').replaceAll('_', ' ');
}

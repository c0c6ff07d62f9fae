import { memo, useEffect, useRef } from 'react';
import type { ReactNode } from 'react';

import { useVisibleRows } from '../data/use-visible-rows.ts';

export interface Column<Row> {
  name: string;
  header: string;
  /** `wide`: left out where the screen is narrow. */
  show?: 'always' | 'wide';
  cell: (row: Row) => ReactNode;
}

interface DataTableProps<Row> {
  caption: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  rowKey: (row: Row) => string;
  hasMore?: boolean;
  onEndReached?: () => void;
}

/**
 * A table that stays quick at any length: only the rows in view are in the document, between two
 * spacers. All rows are of one height, `--row-height`.
 */
export function DataTable<Row>(props: DataTableProps<Row>) {
  const { caption, columns, rows, rowKey, hasMore = false, onEndReached } = props;
  const body = useRef<HTMLTableSectionElement>(null);
  const { first, last, rowHeightPx } = useVisibleRows(body, rows.length);
  const isEndNear = hasMore && last >= rows.length - 20;
  useEffect(() => {
    if (isEndNear) onEndReached?.();
  }, [isEndNear, rows.length, onEndReached]);
  return (
    <div className="table-frame">
      <table className="table" aria-rowcount={hasMore ? -1 : rows.length + 1}>
        <caption className="visually-hidden">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={classOf(column)}>
                {column.header}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          <Spacer heightPx={first * rowHeightPx} />
          {rows.slice(first, last).map((row, offset) => (
            <TableRow
              key={rowKey(row)}
              row={row}
              columns={columns as readonly Column<unknown>[]}
              rowIndex={first + offset + 2}
            />
          ))}
          <Spacer heightPx={(rows.length - last) * rowHeightPx} />
        </tbody>
      </table>
      {hasMore && (
        <button type="button" className="button table-more" onClick={onEndReached}>
          Show more
        </button>
      )}
    </div>
  );
}

const TableRow = memo(function TableRow({
  row,
  columns,
  rowIndex,
}: {
  row: unknown;
  columns: readonly Column<unknown>[];
  rowIndex: number;
}) {
  return (
    <tr aria-rowindex={rowIndex}>
      {columns.map((column) => (
        <td key={column.name} className={classOf(column)}>
          {column.cell(row)}
        </td>
      ))}
    </tr>
  );
});

function Spacer({ heightPx }: { heightPx: number }) {
  if (heightPx <= 0) return null;
  return (
    <tr aria-hidden="true" className="spacer">
      <td style={{ height: heightPx }} />
    </tr>
  );
}

function classOf(column: { name: string; show?: 'always' | 'wide' }): string {
  return `col-${column.name} ${column.show === 'wide' ? 'wide-only' : ''}`;
}

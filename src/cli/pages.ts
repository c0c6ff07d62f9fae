import type { ApiClient, Query } from './api-client.ts';

const PAGE = 200;

type Page<Row> = { readonly data: readonly Row[]; readonly next_cursor: string | null };

export const PAGE_SHAPE = ['data', 'next_cursor'] as const;

/** The rows of a list, page after page as they are asked for. */
export async function* rowsOf<Row>(
  api: ApiClient,
  path: string,
  query: Query = {},
  most = Number.POSITIVE_INFINITY,
): AsyncGenerator<Row> {
  let cursor: string | undefined;
  let left = most;
  do {
    const page = await api.get<Page<Row>>(path, PAGE_SHAPE, {
      ...query,
      limit: Math.min(PAGE, left),
      cursor,
    });
    yield* page.data;
    left -= page.data.length;
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined && left > 0);
}

export async function findRows<Row>(
  api: ApiClient,
  path: string,
  query: Query,
  most: number,
): Promise<Row[]> {
  const rows: Row[] = [];
  for await (const row of rowsOf<Row>(api, path, query, most)) rows.push(row);
  return rows;
}

import { useCallback, useEffect, useRef, useState } from 'react';

import type { ApiError } from '../api/client.ts';
import { repeatWhileVisible, toApiError } from './use-resource.ts';

export interface Page<Row> {
  data: Row[];
  next_cursor: string | null;
}

export interface Pages<Row> {
  rows: readonly Row[];
  error: ApiError | undefined;
  isLoading: boolean;
  hasMore: boolean;
  loadMore(): void;
  reload(): void;
}

interface State<Row> {
  key: string;
  rows: Row[];
  /** Undefined before the first page. */
  nextCursor: string | null | undefined;
  error?: ApiError | undefined;
}

interface Options {
  /** How often the first page is loaded again, so that new rows appear on top. */
  refreshMs?: number | undefined;
}

/**
 * An endless list: pages are appended as `loadMore` asks for them. A refresh puts new rows on top
 * and brings known ones up to date without moving the reader.
 */
export function usePages<Row>(
  key: string,
  loadPage: (cursor: string | undefined, signal: AbortSignal) => Promise<Page<Row>>,
  idOf: (row: Row) => string,
  { refreshMs }: Options = {},
): Pages<Row> {
  const [state, setState] = useState<State<Row>>(() => startOf(key));
  const [round, setRound] = useState(0);
  const latest = useRef({ loadPage, idOf });
  latest.current = { loadPage, idOf };
  const controller = useRef<AbortController>(undefined);
  const isAppending = useRef(false);

  useEffect(() => {
    const own = new AbortController();
    controller.current = own;
    isAppending.current = false;
    const loadHead = async () => {
      try {
        const page = await latest.current.loadPage(undefined, own.signal);
        if (own.signal.aborted) return;
        setState((before) =>
          mergeHead(before.key === key ? before : startOf(key), page, latest.current.idOf),
        );
      } catch (error) {
        if (own.signal.aborted) return;
        const known = toApiError(error);
        setState((before) => ({
          ...(before.key === key ? before : startOf<Row>(key)),
          error: known,
        }));
      }
    };
    void loadHead();
    const stopRefresh =
      refreshMs === undefined ? undefined : repeatWhileVisible(loadHead, refreshMs);
    return () => {
      stopRefresh?.();
      own.abort();
    };
  }, [key, round, refreshMs]);

  const current = state.key === key ? state : startOf<Row>(key);
  const { nextCursor } = current;
  const loadMore = useCallback(async () => {
    const own = controller.current;
    if (
      own === undefined ||
      isAppending.current ||
      nextCursor === null ||
      nextCursor === undefined
    ) {
      return;
    }
    isAppending.current = true;
    try {
      const page = await latest.current.loadPage(nextCursor, own.signal);
      if (!own.signal.aborted) setState((before) => append(before, page, latest.current.idOf));
    } catch (error) {
      if (!own.signal.aborted) setState((before) => ({ ...before, error: toApiError(error) }));
    } finally {
      if (controller.current === own) isAppending.current = false;
    }
  }, [nextCursor]);

  return {
    rows: current.rows,
    error: current.error,
    isLoading: nextCursor === undefined && current.error === undefined,
    hasMore: typeof nextCursor === 'string',
    loadMore: () => void loadMore(),
    reload: useCallback(() => setRound((before) => before + 1), []),
  };
}

function startOf<Row>(key: string): State<Row> {
  return { key, rows: [], nextCursor: undefined };
}

function append<Row>(state: State<Row>, page: Page<Row>, idOf: (row: Row) => string): State<Row> {
  const known = new Set(state.rows.map(idOf));
  const fresh = page.data.filter((row) => !known.has(idOf(row)));
  return { key: state.key, rows: [...state.rows, ...fresh], nextCursor: page.next_cursor };
}

function mergeHead<Row>(
  state: State<Row>,
  page: Page<Row>,
  idOf: (row: Row) => string,
): State<Row> {
  const head = new Set(page.data.map(idOf));
  const firstKnown = state.rows.findIndex((row) => head.has(idOf(row)));
  // Rows may lie between the new page and ours, or this is all there is: begin again.
  if (firstKnown === -1 || page.next_cursor === null) {
    return { key: state.key, rows: page.data, nextCursor: page.next_cursor };
  }
  const last = state.rows.findLastIndex((row) => head.has(idOf(row)));
  const tail = state.rows.slice(last + 1).filter((row) => !head.has(idOf(row)));
  return {
    key: state.key,
    rows: [...page.data, ...tail],
    // With no tail of ours the page ends where the list does, as far as it is known.
    nextCursor: tail.length === 0 ? page.next_cursor : (state.nextCursor ?? null),
  };
}

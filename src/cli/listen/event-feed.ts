import { timeOfId } from '../../ids/event-id.ts';
import { ApiError, type ApiClient, type Query, type Schemas } from '../api-client.ts';
import { PAGE_SHAPE } from '../pages.ts';
import { pause, waitAfter } from '../until-stopped.ts';
import type { Link } from './link.ts';

export type ListedEvent = Pick<
  Schemas['Event'],
  'id' | 'event_type' | 'received_at' | 'payload_bytes'
>;

export type FeedOptions = {
  /** Filters besides the time. */
  readonly query: Query;
  /** Where to begin, by the server's clock; with what comes from now on unless given. */
  readonly since?: ((serverNowMs: number) => Date) | undefined;
  readonly signal: AbortSignal;
  /** From here on nothing is missed. */
  readonly onReady: () => void;
  readonly link: Link;
};

const LOOK_EVERY_MS = 250;
/**
 * Events show when they are committed, which is not in the order of their times. Each look goes
 * back by the time a batch takes to commit; now and then one goes back by what a long transaction
 * around `posthorn.publish()` may take.
 */
const OVERLAP_MS = 5_000;
const DEEP_OVERLAP_MS = 60_000;
const DEEP_EVERY_MS = 5_000;
/** A long absence is caught up with in pieces, so that its events are not all held at once. */
const SLICE_MS = 300_000;
const PAGE = 200;
const LOOK_TIMEOUT_MS = 10_000;

/**
 * Events as they are accepted, oldest first, in groups; each once. Found by asking `GET /events`
 * again and again for what is new since a little before the last look. What happens while the
 * server is away comes when it is back. Ends with the signal.
 *
 * @throws ApiError when the server does not answer at first, or asking again cannot help
 */
export async function* followEvents(
  api: ApiClient,
  { query, since, signal, onReady, link }: FeedOptions,
): AsyncGenerator<readonly ListedEvent[]> {
  const seen = new Set<string>();
  const startedAtMs = performance.now();
  const { serverNowMs } = await findPage(api, { ...query, limit: 1 }, signal);
  const floorMs =
    since === undefined
      ? serverNowMs - DEEP_OVERLAP_MS
      : Math.min(since(serverNowMs).getTime(), serverNowMs);
  // How far everything has been looked at, with either overlap.
  let caughtUpMs = floorMs;
  let deepCaughtUpMs = floorMs;
  let deepAtMs = Number.NEGATIVE_INFINITY;
  let failures = 0;
  if (since === undefined) {
    // Events that are there already are not new.
    const look = await lookBetween(api, {
      query,
      fromMs: floorMs,
      beforeMs: undefined,
      seen,
      signal,
    });
    caughtUpMs = look.serverNowMs;
    deepCaughtUpMs = look.serverNowMs;
  }
  onReady();

  while (!signal.aborted) {
    const isDeep = failures > 0 || performance.now() - deepAtMs >= DEEP_EVERY_MS;
    const fromMs = Math.max(
      floorMs,
      isDeep ? deepCaughtUpMs - DEEP_OVERLAP_MS : caughtUpMs - OVERLAP_MS,
    );
    const nowMs = serverNowMs + performance.now() - startedAtMs;
    const beforeMs = fromMs + SLICE_MS < nowMs ? fromMs + SLICE_MS : undefined;
    try {
      const look = await lookBetween(api, { query, fromMs, beforeMs, seen, signal });
      link.worked();
      failures = 0;
      caughtUpMs = beforeMs ?? look.serverNowMs;
      if (isDeep || beforeMs !== undefined) deepCaughtUpMs = caughtUpMs;
      if (isDeep && beforeMs === undefined) deepAtMs = performance.now();
      forget(seen, deepCaughtUpMs - DEEP_OVERLAP_MS);
      if (look.events.length > 0) yield look.events;
      if (beforeMs === undefined) await pause(LOOK_EVERY_MS, signal);
    } catch (error) {
      if (signal.aborted) return;
      if (!(error instanceof ApiError) || !error.isTemporary) throw error;
      failures += 1;
      link.failed(error);
      await pause(waitAfter(failures, error.retryAfterMs), signal);
    }
  }
}

type Look = {
  readonly query: Query;
  readonly fromMs: number;
  readonly beforeMs: number | undefined;
  readonly seen: Set<string>;
  readonly signal: AbortSignal;
};

/** Those not seen before, oldest first. They count as seen once all pages have been read. */
async function lookBetween(api: ApiClient, { query, fromMs, beforeMs, seen, signal }: Look) {
  const events: ListedEvent[] = [];
  let firstNowMs = Number.POSITIVE_INFINITY;
  let cursor: string | undefined;
  do {
    const { page, serverNowMs } = await findPage(
      api,
      {
        ...query,
        received_after: new Date(fromMs).toISOString(),
        received_before: beforeMs === undefined ? undefined : new Date(beforeMs).toISOString(),
        limit: PAGE,
        cursor,
      },
      signal,
    );
    firstNowMs = Math.min(firstNowMs, serverNowMs);
    events.push(...page.data.filter(({ id }) => !seen.has(id)));
    cursor = page.next_cursor ?? undefined;
  } while (cursor !== undefined);
  for (const { id } of events) seen.add(id);
  return { events: events.reverse(), serverNowMs: firstNowMs };
}

/** The server's clock is its Date header, which is whole seconds and never ahead of it. */
async function findPage(api: ApiClient, query: Query, signal: AbortSignal) {
  const { body: page, headers } = await api.ask<Schemas['EventList']>('/events', PAGE_SHAPE, {
    query,
    signal: AbortSignal.any([signal, AbortSignal.timeout(LOOK_TIMEOUT_MS)]),
  });
  const dateMs = Date.parse(headers.get('date') ?? '');
  return {
    page,
    serverNowMs: Number.isNaN(dateMs) ? Date.now() : dateMs,
  };
}

/** No look goes back beyond this any more. */
function forget(seen: Set<string>, beforeMs: number): void {
  for (const id of seen) if (timeOfId(id).getTime() < beforeMs) seen.delete(id);
}

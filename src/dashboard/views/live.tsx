import { useCallback, useMemo, useState } from 'react';

import type { StreamFilters } from '../api/types.ts';
import { AttemptBadge, Badge, DeliveryBadge } from '../components/badge.tsx';
import { DataTable } from '../components/data-table.tsx';
import type { Column } from '../components/data-table.tsx';
import { FilterBar, SelectFilter, TextFilter } from '../components/filters.tsx';
import { Icon } from '../components/icon.tsx';
import { EmptyState } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { SubscriptionName } from '../components/subscription-name.tsx';
import { ClockTime } from '../components/time.tsx';
import { IfMay } from '../data/caller.tsx';
import { useLive } from '../data/use-live.ts';
import type { LiveEntry, LiveMode } from '../data/use-live.ts';
import { reasonOf } from '../explain.ts';
import { formatCount, formatDurationMs, plural } from '../format.ts';
import { Link, href, useQuery } from '../router.tsx';
import { STATUS_OPTIONS } from './deliveries.tsx';

/** How many entries are kept; older ones are in the lists. */
const MAX_ENTRIES = 2_000;
const NAMES = ['event_type', 'status', 'subscription_id', 'tenant'] as const;

const COLUMNS: readonly Column<LiveEntry>[] = [
  { name: 'clock', header: 'Time', cell: ({ at }) => <ClockTime at={at} /> },
  { name: 'status', header: 'What', cell: (entry) => <What entry={entry} /> },
  {
    name: 'type',
    header: 'Event type',
    cell: ({ deliveryId, eventType }) => (
      <Link className="row-link mono" to={href.delivery(deliveryId)}>
        {eventType}
      </Link>
    ),
  },
  {
    name: 'subscription',
    header: 'Subscription',
    show: 'wide',
    cell: ({ subscriptionId }) => <SubscriptionName id={subscriptionId} />,
  },
  { name: 'why', header: 'Details', show: 'wide', cell: (entry) => <Details entry={entry} /> },
];

function What({ entry: { attempt, delivery } }: { entry: LiveEntry }) {
  if (attempt !== undefined) return <AttemptBadge attempt={attempt} />;
  return delivery === undefined ? null : <DeliveryBadge delivery={delivery} />;
}

function Details({ entry: { attempt, delivery, attemptCount } }: { entry: LiveEntry }) {
  if (attempt !== undefined) {
    return (
      <span className="soft">
        Attempt {attempt.attempt_number}, {formatDurationMs(attempt.duration_ms)}
        {attempt.error !== null && `: ${attempt.error.message}`}
      </span>
    );
  }
  const reason = delivery === undefined ? '' : reasonOf(delivery);
  return (
    <span className="soft">
      {[reason, attemptCount > 0 && plural(attemptCount, 'attempt')].filter(Boolean).join(', ')}
    </span>
  );
}

export function LiveView() {
  const [query, setQuery] = useQuery();
  const filters = Object.fromEntries(
    NAMES.map((name) => [name, query.get(name)]).filter(([, value]) => value),
  ) as StreamFilters;
  const filterKey = JSON.stringify(filters);
  const { entries, held, isPaused, setIsPaused, add, clear } = useEntries(filterKey);
  const { mode, skipped } = useLive(filters, add);
  const isFiltered = Object.keys(filters).length > 0;
  return (
    <Page
      title="Live"
      subtitle={
        <>
          <ModeBadge mode={mode} isPaused={isPaused} />
          {skipped > 0 && (
            <span className="faint"> {formatCount(skipped)} more than can be followed</span>
          )}
        </>
      }
      actions={
        <>
          <button type="button" className="button" onClick={() => setIsPaused(!isPaused)}>
            <Icon name={isPaused ? 'play' : 'pause'} />
            {isPaused ? `Go on${held > 0 ? ` (${held})` : ''}` : 'Pause'}
          </button>
          <button type="button" className="button" onClick={clear}>
            Clear
          </button>
        </>
      }
    >
      <FilterBar
        onClear={
          isFiltered
            ? () => setQuery(Object.fromEntries(NAMES.map((name) => [name, undefined])))
            : undefined
        }
      >
        <TextFilter
          label="Event type"
          value={query.get('event_type') ?? ''}
          placeholder="order.created"
          onChange={(event_type) => setQuery({ event_type })}
        />
        <SelectFilter
          label="Status"
          value={query.get('status') ?? ''}
          options={STATUS_OPTIONS}
          onChange={(status) => setQuery({ status })}
        />
        <TextFilter
          label="Subscription id"
          value={query.get('subscription_id') ?? ''}
          onChange={(subscription_id) => setQuery({ subscription_id })}
        />
      </FilterBar>
      {entries.length > 0 ? (
        <DataTable
          caption="What has just happened, newest first"
          columns={COLUMNS}
          rows={entries}
          rowKey={({ key }) => key}
        />
      ) : (
        <EmptyState
          title={mode === 'lost' ? 'The connection is lost' : 'Listening'}
          actions={
            <IfMay do="publish">
              <Link className="button" to={href.publish()}>
                Publish an event
              </Link>
            </IfMay>
          }
        >
          <p>
            {mode === 'lost'
              ? 'The server does not answer. This page keeps trying.'
              : 'Attempts appear here the moment they are made.'}
          </p>
        </EmptyState>
      )}
    </Page>
  );
}

/** The entries shown, newest first; while paused, new ones are kept aside. */
function useEntries(filterKey: string) {
  const [state, setState] = useState(() => startOf(filterKey));
  const current = useMemo(
    () => (state.filterKey === filterKey ? state : startOf(filterKey)),
    [state, filterKey],
  );
  const add = useCallback(
    (entries: LiveEntry[]) =>
      setState((before) => {
        const base = before.filterKey === filterKey ? before : startOf(filterKey);
        const fresh = entries.toReversed();
        return base.isPaused
          ? { ...base, held: merge(fresh, base.held) }
          : { ...base, entries: merge(fresh, base.entries) };
      }),
    [filterKey],
  );
  const setIsPaused = (isPaused: boolean) =>
    setState((before) => ({
      ...before,
      isPaused,
      entries: isPaused ? before.entries : merge(before.held, before.entries),
      held: [],
    }));
  return {
    entries: current.entries,
    held: current.held.length,
    isPaused: current.isPaused,
    setIsPaused,
    add,
    clear: () => setState({ ...startOf(filterKey), isPaused: current.isPaused }),
  };
}

function startOf(filterKey: string) {
  return { filterKey, entries: [] as LiveEntry[], held: [] as LiveEntry[], isPaused: false };
}

function merge(fresh: readonly LiveEntry[], known: readonly LiveEntry[]): LiveEntry[] {
  const keys = new Set(fresh.map(({ key }) => key));
  return [...fresh, ...known.filter(({ key }) => !keys.has(key))].slice(0, MAX_ENTRIES);
}

function ModeBadge({ mode, isPaused }: { mode: LiveMode; isPaused: boolean }) {
  if (isPaused) {
    return (
      <Badge tone="held" mark="‖">
        Paused; what happens is kept aside
      </Badge>
    );
  }
  const said = {
    connecting: ['wait', 'Connecting'],
    streaming: ['good', 'Streaming'],
    lost: ['bad', 'Connection lost, trying again'],
  } as const;
  const [tone, label] = said[mode];
  return (
    <Badge tone={tone} mark="●">
      {label}
    </Badge>
  );
}

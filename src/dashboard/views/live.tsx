import { useCallback, useMemo, useState } from 'react';

import type { StreamFilters } from '../api/types.ts';
import { AttemptBadge, Badge, DeliveryBadge } from '../components/badge.tsx';
import type { Column } from '../components/data-table.tsx';
import { SelectFilter, TextFilter } from '../components/filters.tsx';
import { Icon } from '../components/icon.tsx';
import { ListPage } from '../components/list-page.tsx';
import { EmptyState } from '../components/notice.tsx';
import { SubscriptionName } from '../components/subscription-name.tsx';
import { ClockTime } from '../components/time.tsx';
import { IfMay } from '../data/caller.tsx';
import { keyOf, useListFilters } from '../data/use-list-filters.ts';
import type { ListFilters } from '../data/use-list-filters.ts';
import { useLive } from '../data/use-live.ts';
import type { LiveEntry, LiveMode } from '../data/use-live.ts';
import { STATUS, STATUS_OPTIONS, reasonOf } from '../explain.ts';
import { formatCount, formatDurationMs, plural } from '../format.ts';
import { Link, href } from '../router.tsx';

/** How many entries are kept; older ones are in the lists. */
const MAX_ENTRIES = 2_000;
const NAMES = ['event_type', 'status', 'subscription_id', 'tenant'];

const STATES: readonly (readonly [string, string])[] = [['', 'All'], ...STATUS_OPTIONS];

const COLUMNS: readonly Column<LiveEntry>[] = [
  { name: 'clock', header: 'Time', cell: ({ at }) => <ClockTime at={at} /> },
  { name: 'status', header: 'What', cell: (entry) => <What entry={entry} /> },
  {
    name: 'type',
    header: 'Event type',
    cell: (entry) => (
      <>
        <Link className="row-link mono" to={href.delivery(entry.deliveryId)}>
          {entry.eventType}
        </Link>
        <span className="second-line">
          <SubscriptionName id={entry.subscriptionId} /> <Details entry={entry} />
        </span>
      </>
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

function filtersOf({ get }: ListFilters): StreamFilters {
  return {
    event_type: get('event_type'),
    status: keyOf(STATUS, get('status')),
    subscription_id: get('subscription_id'),
    tenant: get('tenant'),
  };
}

export function LiveView() {
  const filters = useListFilters(NAMES);
  const { field } = filters;
  const query = filtersOf(filters);
  const { entries, held, isPaused, setIsPaused, add, clear } = useEntries(JSON.stringify(query));
  const { mode, skipped, error } = useLive(query, add);
  return (
    <ListPage
      title="Live"
      subtitle={
        <>
          <ModeBadge mode={mode} isPaused={isPaused} />
          {skipped > 0 && (
            <span className="faint"> {formatCount(skipped)} left out: too many to show</span>
          )}
        </>
      }
      actions={
        <>
          <button type="button" className="button" onClick={() => setIsPaused(!isPaused)}>
            <Icon name={isPaused ? 'play' : 'pause'} />
            {isPaused ? `Resume${held > 0 ? ` (${held})` : ''}` : 'Pause'}
          </button>
          <button type="button" className="button" onClick={clear}>
            Clear
          </button>
        </>
      }
      caption="What has just happened, newest first"
      filters={filters}
      controls={
        <>
          <TextFilter label="Event type" placeholder="order.created" {...field('event_type')} />
          <SelectFilter label="Status" options={STATES} {...field('status')} />
          <TextFilter label="Subscription id" {...field('subscription_id')} />
        </>
      }
      pages={{ ...NO_PAGES, rows: entries, error }}
      columns={COLUMNS}
      rowKey={({ key }) => key}
      empty={<NothingYet isLost={mode === 'lost'} />}
    />
  );
}

/** The stream has one page, which fills up from above. */
const NO_PAGES = { isLoading: false, hasMore: false, loadMore: () => {}, reload: () => {} };

function NothingYet({ isLost }: { isLost: boolean }) {
  return (
    <EmptyState
      title={isLost ? 'The connection is lost' : 'Listening'}
      actions={
        <IfMay do="publish">
          <Link className="button" to={href.publish()}>
            Publish an event
          </Link>
        </IfMay>
      }
    >
      <p>
        {isLost
          ? 'The server does not answer. This page keeps trying.'
          : 'Attempts appear here the moment they are made.'}
      </p>
    </EmptyState>
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

interface Entries {
  filterKey: string;
  entries: LiveEntry[];
  /** What has come while paused. */
  held: LiveEntry[];
  isPaused: boolean;
}

function startOf(filterKey: string): Entries {
  return { filterKey, entries: [], held: [], isPaused: false };
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

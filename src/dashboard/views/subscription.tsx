import { useEffect, useState } from 'react';

import type { Subscription } from '../api/types.ts';
import { SubscriptionBadge } from '../components/badge.tsx';
import { Identifier } from '../components/copy-button.tsx';
import { CodeBlock, HeaderList } from '../components/code-block.tsx';
import { Segments } from '../components/filters.tsx';
import { ErrorNotice, Loading, Notice } from '../components/notice.tsx';
import { Facts, Page, Panel } from '../components/page.tsx';
import { Replays } from '../components/replays.tsx';
import { SubscriptionActions, useSubscriptionChange } from '../components/subscription-actions.tsx';
import { SubscriptionAttempts, SubscriptionDeliveries } from '../components/subscription-log.tsx';
import { StateOfDelivery } from '../components/subscription-state.tsx';
import { SubscriptionWaiting } from '../components/subscription-waiting.tsx';
import { DateTime } from '../components/time.tsx';
import { IfMay, useCaller } from '../data/caller.tsx';
import { loadSubscription } from '../data/load-subscription.ts';
import type { WrittenSubscription } from '../data/load-subscription.ts';
import { rememberSubscriptions, titleOf } from '../data/subscription-names.ts';
import { useResource } from '../data/use-resource.ts';
import { formatDurationMs, shortUrl } from '../format.ts';
import { Link, href, useQuery } from '../router.tsx';

export function SubscriptionView({ id }: { id: string }) {
  const subscription = useResource(`subscription ${id}`, (signal) => loadSubscription(id, signal), {
    refreshMs: 5_000,
  });
  const data = subscription.data?.subscription;
  useEffect(() => {
    if (data !== undefined) rememberSubscriptions([data]);
  }, [data]);
  return (
    <Page
      title={data ? titleOf(data) : 'Subscription'}
      above={<Link to={href.subscriptions()}>Subscriptions</Link>}
      subtitle={
        data && (
          <>
            <SubscriptionBadge status={data.status} />{' '}
            <code className="page-url">{shortUrl(data.target_url)}</code>
          </>
        )
      }
    >
      <ErrorNotice error={subscription.error} onRetry={subscription.reload} />
      {subscription.isLoading && <Loading />}
      {subscription.data && (
        <SubscriptionBody {...subscription.data} onChange={subscription.reload} />
      )}
    </Page>
  );
}

function SubscriptionBody({
  subscription,
  filter,
  onChange,
}: WrittenSubscription & { onChange: () => void }) {
  const { id } = subscription;
  const [query, setQuery] = useQuery();
  const [tests, setTests] = useState(0);
  const [replays, setReplays] = useState(0);
  const log = query.get('log') === 'attempts' ? 'attempts' : 'deliveries';
  return (
    <>
      <IfMay do="change">
        <SubscriptionActions
          subscription={subscription}
          onChange={onChange}
          onTested={() => setTests((before) => before + 1)}
          onReplay={() => setReplays((before) => before + 1)}
        />
      </IfMay>
      <StateNotice subscription={subscription} onChange={onChange} />
      <StateOfDelivery subscription={subscription} />
      <SubscriptionWaiting id={id} />
      <Replays subscriptionId={id} round={replays} />
      <Panel
        title="Log"
        actions={
          <>
            <Segments
              label="List"
              value={log}
              options={[
                ['deliveries', 'Deliveries'],
                ['attempts', 'Attempts'],
              ]}
              onChange={(choice) => setQuery({ log: choice === 'attempts' ? choice : undefined })}
            />
            <Link className="button small" to={href.deliveries({ subscription_id: id })}>
              All filters
            </Link>
          </>
        }
      >
        {log === 'deliveries' ? (
          <SubscriptionDeliveries subscription={subscription} />
        ) : (
          <SubscriptionAttempts key={tests} id={id} />
        )}
      </Panel>
      {filter !== '' && (
        <Panel
          title="Filter"
          actions={
            <Link
              className="button small"
              to={href.deliveries({ subscription_id: id, reason: 'filtered' })}
            >
              Filtered deliveries
            </Link>
          }
        >
          <CodeBlock text={filter} label="JSON" />
        </Panel>
      )}
      <Panel title="Settings">
        <Settings subscription={subscription} />
      </Panel>
    </>
  );
}

function StateNotice({
  subscription,
  onChange,
}: {
  subscription: Subscription;
  onChange: () => void;
}) {
  const { resume } = useSubscriptionChange(subscription, onChange);
  if (subscription.status === 'active') return null;
  const isPaused = subscription.status === 'paused';
  return (
    <Notice tone={isPaused ? 'info' : 'bad'} title={isPaused ? 'Paused' : 'Disabled by Posthorn'}>
      <p>
        {isPaused
          ? 'Events are accepted and held. Resuming sends out what is held, in order.'
          : `${(subscription.disabled_reason ?? 'No reason was noted').replace(/\.+$/, '')}. New events pass it by until it is resumed.`}
      </p>
      <IfMay do="change">
        <button
          type="button"
          className="button small"
          disabled={resume.isRunning}
          onClick={() => void resume.run()}
        >
          Resume
        </button>
      </IfMay>
      <ErrorNotice error={resume.error} />
    </Notice>
  );
}

function Settings({ subscription }: { subscription: Subscription }) {
  const { event_types, headers, metadata } = subscription;
  const { isPortal, may } = useCaller();
  return (
    <Facts
      facts={[
        ['Subscription', <Identifier key="id" value={subscription.id} />],
        ['Tenant', may.seeAllTenants ? subscription.tenant : null],
        ['Target URL', <Identifier key="target" value={subscription.target_url} />],
        ['Description', subscription.description],
        [
          'Event types',
          event_types === null || event_types.length === 0 ? (
            'all'
          ) : (
            <span className="badges" key="types">
              {event_types.map((type) => (
                <code key={type}>{type}</code>
              ))}
            </span>
          ),
        ],
        ['Signed as', subscription.signature_schemes.join(', ')],
        ['Signatures on ingest', isPortal ? null : subscription.ingest_signature],
        ['Retry schedule', <code key="retry">{subscription.retry_schedule ?? 'default'}</code>],
        [
          'Timeout',
          subscription.timeout_ms === null ? 'default' : formatDurationMs(subscription.timeout_ms),
        ],
        [
          'Rate limit',
          subscription.rate_limit === null ? 'none' : `${subscription.rate_limit} a second`,
        ],
        ['Concurrency', subscription.max_concurrency ?? 'default'],
        [
          'Headers',
          Object.keys(headers).length > 0 ? <HeaderList key="h" headers={headers} /> : null,
        ],
        [
          'Metadata',
          Object.keys(metadata).length > 0 ? <HeaderList key="m" headers={metadata} /> : null,
        ],
        ['Created', <DateTime key="c" at={subscription.created_at} />],
        ['Changed', <DateTime key="u" at={subscription.updated_at} />],
        [
          'Ingest address',
          isPortal ? null : (
            <Identifier
              key="ingest"
              value={`${window.location.origin}/ingest/${subscription.id}`}
            />
          ),
        ],
      ]}
    />
  );
}

import { useEffect, useState } from 'react';

import { api, ask } from '../api/client.ts';
import type { Replay, ReplayStatus } from '../api/types.ts';
import { useAction } from '../data/use-action.ts';
import { useResource } from '../data/use-resource.ts';
import type { Tone } from '../explain.ts';
import { formatCount } from '../format.ts';
import { Badge } from './badge.tsx';
import { Icon } from './icon.tsx';
import { ErrorNotice } from './notice.tsx';
import { Panel } from './page.tsx';
import { SubscriptionName } from './subscription-name.tsx';
import { RelativeTime } from './time.tsx';

const SHOWN = 5;
const RUNNING_REFRESH_MS = 1_000;
const IDLE_REFRESH_MS = 10_000;

const LABELS: Readonly<Record<ReplayStatus, { label: string; tone: Tone; mark: string }>> = {
  running: { label: 'Running', tone: 'busy', mark: '▸' },
  paused: { label: 'Paused', tone: 'held', mark: '‖' },
  cancelled: { label: 'Cancelled', tone: 'wait', mark: '–' },
  completed: { label: 'Completed', tone: 'good', mark: '✓' },
  failed: { label: 'Failed', tone: 'bad', mark: '✕' },
};

/** The last replays of or to a subscription, as they go. Nothing where there are none. */
export function Replays({ subscriptionId, round }: { subscriptionId: string; round: number }) {
  const latest = useLatestReplays(subscriptionId, round);
  const replays = latest.data?.data ?? [];
  if (replays.length === 0) return null;
  return (
    <Panel title="Replays">
      <ErrorNotice error={latest.error} onRetry={latest.reload} />
      <ul className="replays">
        {replays.map((replay) => (
          <ReplayRow
            key={replay.id}
            replay={replay}
            subscriptionId={subscriptionId}
            onChange={latest.reload}
          />
        ))}
      </ul>
    </Panel>
  );
}

/** Looked at often while one of them runs. */
function useLatestReplays(id: string, round: number) {
  const [isRunning, setIsRunning] = useState(true);
  const latest = useResource(
    `replays ${id} ${round}`,
    (signal) =>
      ask(
        api.GET('/replays', { params: { query: { subscription_id: id, limit: SHOWN } }, signal }),
      ),
    { refreshMs: isRunning ? RUNNING_REFRESH_MS : IDLE_REFRESH_MS },
  );
  const { data } = latest;
  useEffect(() => {
    if (data !== undefined) setIsRunning(data.data.some(({ status }) => status === 'running'));
  }, [data]);
  return latest;
}

function ReplayRow({
  replay,
  subscriptionId,
  onChange,
}: {
  replay: Replay;
  subscriptionId: string;
  onChange: () => void;
}) {
  const { label, tone, mark } = LABELS[replay.status];
  const hasEnded = replay.status === 'completed' || replay.status === 'cancelled';
  return (
    <li className="replay">
      <div className="replay-line">
        <Badge tone={tone} mark={mark}>
          {label}
        </Badge>
        <span>
          {replay.source === 'events' ? 'Missed events' : (replay.statuses ?? []).join(', ')}
          {replay.event_types !== null && (
            <>
              {' '}
              · <code>{replay.event_types.join(', ')}</code>
            </>
          )}
        </span>
        <Direction replay={replay} subscriptionId={subscriptionId} />
        <span className="faint">
          <RelativeTime at={replay.created_at} />
        </span>
      </div>
      <div className="replay-line">
        <progress
          aria-label="Progress of the replay"
          max={Math.max(replay.total, replay.seen, 1)}
          value={
            replay.status === 'completed' ? Math.max(replay.total, replay.seen, 1) : replay.seen
          }
        />
        <span>
          {formatCount(replay.seen)} of {replay.is_estimate ? 'about ' : ''}
          {formatCount(replay.total)}
          {replay.skipped > 0 && ` · ${formatCount(replay.skipped)} skipped`}
        </span>
        {!hasEnded && <ReplayActions replay={replay} onChange={onChange} />}
      </div>
      {replay.failure !== null && <p className="field-errors">{replay.failure}</p>}
    </li>
  );
}

function Direction({ replay, subscriptionId }: { replay: Replay; subscriptionId: string }) {
  const { subscription_id: from, target_subscription_id: to } = replay;
  if (from === to) return null;
  return from === subscriptionId ? (
    <span>
      to <SubscriptionName id={to} />
    </span>
  ) : (
    <span>
      from <SubscriptionName id={from} />
    </span>
  );
}

function ReplayActions({ replay, onChange }: { replay: Replay; onChange: () => void }) {
  const params = { params: { path: { id: replay.id } } };
  const steer = useAction(async (how: 'pause' | 'resume' | 'cancel') => {
    if (how === 'pause') await ask(api.POST('/replays/{id}/pause', params));
    else if (how === 'resume') await ask(api.POST('/replays/{id}/resume', params));
    else await ask(api.POST('/replays/{id}/cancel', params));
    onChange();
  });
  const isRunning = replay.status === 'running';
  return (
    <>
      <span className="actions">
        <button
          type="button"
          className="button small"
          disabled={steer.isRunning}
          onClick={() => void steer.run(isRunning ? 'pause' : 'resume')}
        >
          <Icon name={isRunning ? 'pause' : 'play'} /> {isRunning ? 'Pause the replay' : 'Resume'}
        </button>
        <button
          type="button"
          className="button small"
          disabled={steer.isRunning}
          onClick={() => void steer.run('cancel')}
        >
          <Icon name="close" /> Cancel
        </button>
      </span>
      <ErrorNotice error={steer.error} />
    </>
  );
}

import { useState } from 'react';

import { api, ask } from '../api/client.ts';
import type { ReplayCount, Subscription } from '../api/types.ts';
import { useAction } from '../data/use-action.ts';
import { formatCount, plural } from '../format.ts';
import { withTexts } from '../json-text.ts';
import { EMPTY_REPLAY, paceOf, replayOf } from '../replay-draft.ts';
import type { ReplayDraft } from '../replay-draft.ts';
import { Dialog } from './dialog.tsx';
import { ErrorNotice } from './notice.tsx';
import { ReplayFields } from './replay-fields.tsx';
import { notify } from './toasts.tsx';

/** Counts what a replay would send, and begins it once that has been seen. */
export function ReplayDialog({
  subscription,
  onClose,
  onStarted,
}: {
  subscription: Subscription;
  onClose: () => void;
  onStarted: () => void;
}) {
  const { id } = subscription;
  const [draft, setDraft] = useState<ReplayDraft>(EMPTY_REPLAY);
  const [found, setFound] = useState<ReplayCount>();
  const send = (dryRun: boolean) =>
    ask(
      api.POST('/subscriptions/{id}/replay', {
        params: { path: { id } },
        body: { ...replayOf(draft), ...(dryRun && { dry_run: true }) },
        bodySerializer: (body) => withTexts(body, paceOf(draft)),
      }),
    );
  const count = useAction(async () => {
    const answer = await send(true);
    if (!('id' in answer)) setFound(answer);
  });
  const start = useAction(async () => {
    await send(false);
    notify('The replay has begun.');
    onStarted();
    onClose();
  });
  const error = start.error ?? count.error;
  const isBusy = count.isRunning || start.isRunning;
  return (
    <Dialog title="Replay" onClose={onClose}>
      <form
        className="form"
        onSubmit={(event) => {
          event.preventDefault();
          void (found === undefined ? count : start).run();
        }}
      >
        <ReplayFields
          draft={draft}
          error={error}
          onChange={(change) => {
            setDraft((before) => ({ ...before, ...change }));
            // The count is out of date.
            setFound(undefined);
            count.clearError();
            start.clearError();
          }}
        />
        {error !== undefined && error.items.length === 0 && <ErrorNotice error={error} />}
        <p role="status" className="replay-count">
          {count.isRunning ? 'Counting…' : found === undefined ? '' : describe(found)}
        </p>
        <div className="actions dialog-actions">
          <button type="button" className="button" onClick={onClose}>
            Close
          </button>
          <button type="submit" className="button primary" disabled={isBusy || found?.total === 0}>
            {found === undefined ? 'Count first' : 'Start the replay'}
          </button>
        </div>
      </form>
    </Dialog>
  );
}

function describe({ total, skipped, is_estimate: isEstimate }: ReplayCount): string {
  if (total === 0) return 'Nothing there is asked for.';
  const about = isEstimate ? 'About ' : '';
  const first = `${about}${plural(total - skipped, 'is', 'are')} to be sent again`;
  return skipped === 0 ? `${first}.` : `${first}; ${formatCount(skipped)} the target has already.`;
}

import { useState } from 'react';

import { api, ask } from '../api/client.ts';
import type { Attempt, Subscription, SubscriptionUpdate } from '../api/types.ts';
import { markDeleted } from '../data/subscription-names.ts';
import { useAction } from '../data/use-action.ts';
import { formatDurationMs } from '../format.ts';
import { Link, href, navigate } from '../router.tsx';
import { AttemptBadge } from './badge.tsx';
import { ConfirmDialog, Dialog } from './dialog.tsx';
import { Icon } from './icon.tsx';
import { ErrorNotice } from './notice.tsx';
import { ReplayDialog } from './replay-dialog.tsx';
import { SecretDialog } from './secret-dialog.tsx';
import { AttemptDetails } from './timeline.tsx';
import { notify } from './toasts.tsx';

export function useSubscriptionChange({ id }: Subscription, onChange: () => void) {
  const change = async (body: SubscriptionUpdate, said: string) => {
    await ask(api.PATCH('/subscriptions/{id}', { params: { path: { id } }, body }));
    notify(said);
    onChange();
  };
  return {
    pause: useAction(() => change({ status: 'paused' }, 'Paused: deliveries are held.')),
    resume: useAction(() =>
      change({ status: 'active' }, 'Resumed: the held deliveries are being sent.'),
    ),
  };
}

interface SubscriptionActionsProps {
  subscription: Subscription;
  onChange: () => void;
  onTested: () => void;
  onReplay: () => void;
}

type Open = 'test' | 'replay' | 'secret' | 'delete' | undefined;

export function SubscriptionActions({
  subscription,
  onChange,
  onTested,
  onReplay,
}: SubscriptionActionsProps) {
  const { id } = subscription;
  const [open, setOpen] = useState<Open>();
  const { pause } = useSubscriptionChange(subscription, onChange);
  const close = () => setOpen(undefined);
  return (
    <>
      <div className="actions toolbar">
        <button type="button" className="button primary" onClick={() => setOpen('test')}>
          <Icon name="publish" /> Send a test
        </button>
        <Link className="button" to={href.editSubscription(id)}>
          <Icon name="edit" /> Edit
        </Link>
        <button
          type="button"
          className="button"
          disabled={subscription.status !== 'active' || pause.isRunning}
          onClick={() => void pause.run()}
        >
          <Icon name="pause" /> Pause
        </button>
        <button type="button" className="button" onClick={() => setOpen('replay')}>
          <Icon name="retry" /> Replay
        </button>
        <button type="button" className="button" onClick={() => setOpen('secret')}>
          <Icon name="key" /> Secret
        </button>
        <button type="button" className="button danger-quiet" onClick={() => setOpen('delete')}>
          <Icon name="trash" /> Delete
        </button>
      </div>
      <ErrorNotice error={pause.error} />
      {open === 'test' && <TestDialog id={id} onClose={close} onTested={onTested} />}
      {open === 'replay' && (
        <ReplayDialog subscription={subscription} onClose={close} onStarted={onReplay} />
      )}
      {open === 'secret' && <SecretDialog id={id} onClose={close} onChange={onChange} />}
      {open === 'delete' && <DeleteDialog subscription={subscription} onClose={close} />}
    </>
  );
}

function TestDialog({
  id,
  onClose,
  onTested,
}: {
  id: string;
  onClose: () => void;
  onTested: () => void;
}) {
  const [attempt, setAttempt] = useState<Attempt>();
  const send = useAction(async () => {
    setAttempt(await ask(api.POST('/subscriptions/{id}/test', { params: { path: { id } } })));
    onTested();
  });
  return (
    <Dialog title="Send a test" onClose={onClose}>
      <p>
        A sample event of type <code>posthorn.test</code> is sent to the target at once, signed as
        any other. It is tried once and not retried.
      </p>
      <ErrorNotice error={send.error} />
      {send.isRunning && <p role="status">Waiting for the receiver…</p>}
      {attempt !== undefined && !send.isRunning && (
        <div className="test-result" role="status">
          <p>
            <AttemptBadge attempt={attempt} />{' '}
            {attempt.outcome === 'success'
              ? 'The receiver took it'
              : 'The receiver did not take it'}{' '}
            in {formatDurationMs(attempt.duration_ms)}.{' '}
            <Link to={href.delivery(attempt.delivery_id)}>Its delivery</Link>
          </p>
          <AttemptDetails attempt={attempt} eventType="posthorn.test" />
        </div>
      )}
      <div className="actions dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        <button
          type="button"
          className="button primary"
          disabled={send.isRunning}
          data-autofocus
          onClick={() => void send.run()}
        >
          {attempt === undefined ? 'Send' : 'Send another'}
        </button>
      </div>
    </Dialog>
  );
}

function DeleteDialog({
  subscription,
  onClose,
}: {
  subscription: Subscription;
  onClose: () => void;
}) {
  const { id } = subscription;
  const remove = useAction(async () => {
    await ask(api.DELETE('/subscriptions/{id}', { params: { path: { id } } }));
    markDeleted(id);
    notify('Deleted.');
    navigate(href.subscriptions());
  });
  return (
    <ConfirmDialog
      title="Delete this subscription?"
      confirmLabel="Delete it"
      action={remove}
      onClose={onClose}
    >
      <p>
        <code>{subscription.target_url}</code> gets nothing more. What waits for it ends as
        cancelled; its deliveries and attempts stay readable until retention ends. This cannot be
        taken back.
      </p>
    </ConfirmDialog>
  );
}

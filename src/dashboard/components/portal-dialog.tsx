import { useState } from 'react';

import { api, ask } from '../api/client.ts';
import type { PortalSession, Tenant } from '../api/types.ts';
import { useAction } from '../data/use-action.ts';
import { plural } from '../format.ts';
import { Dialog } from './dialog.tsx';
import { Field } from './field.tsx';
import { ErrorNotice } from './notice.tsx';
import { SecretPanel } from './secret-panel.tsx';
import { RelativeTime } from './time.tsx';
import { notify } from './toasts.tsx';

const SPANS: readonly (readonly [number, string])[] = [
  [900, 'a quarter of an hour'],
  [3_600, 'an hour'],
  [28_800, 'eight hours'],
  [86_400, 'a day'],
];

interface PortalDialogProps {
  tenant: Tenant;
  onClose: () => void;
  onChange: () => void;
}

/** Makes a link to the portal of a tenant, and ends those that there are. */
export function PortalDialog({
  tenant: { tenant, portal_sessions: open },
  onClose,
  onChange,
}: PortalDialogProps) {
  const [seconds, setSeconds] = useState(3_600);
  const [isReadOnly, setIsReadOnly] = useState(false);
  const [made, setMade] = useState<PortalSession>();
  const make = useAction(async () => {
    setMade(
      await ask(
        api.POST('/tenants/{tenant}/portal-session', {
          params: { path: { tenant } },
          body: { expires_in_seconds: seconds, read_only: isReadOnly },
        }),
      ),
    );
    onChange();
  });
  const end = useAction(async () => {
    await ask(api.DELETE('/tenants/{tenant}/portal-session', { params: { path: { tenant } } }));
    notify('Ended: their links open nothing any more.');
    onChange();
    onClose();
  });
  if (made !== undefined) return <MadeDialog session={made} onClose={onClose} />;
  return (
    <Dialog title={`Portal of ${tenant}`} onClose={onClose}>
      <p>
        A link that shows this tenant alone: its subscriptions and deliveries, test sends and
        retries. Anyone who has the link may use it until it ends.
      </p>
      <Field label="Valid for">
        {(control) => (
          <select
            {...control}
            value={seconds}
            onChange={(event) => setSeconds(Number(event.target.value))}
          >
            {SPANS.map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <label className="check">
        <input
          type="checkbox"
          checked={isReadOnly}
          onChange={(event) => setIsReadOnly(event.target.checked)}
        />
        <span>Read-only: nothing can be changed, and no secret is shown.</span>
      </label>
      <ErrorNotice error={make.error ?? end.error} />
      <div className="actions dialog-actions">
        {open > 0 && (
          <button
            type="button"
            className="button danger-quiet"
            disabled={end.isRunning}
            onClick={() => void end.run()}
          >
            End {plural(open, 'open session')}
          </button>
        )}
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button primary"
          disabled={make.isRunning}
          data-autofocus
          onClick={() => void make.run()}
        >
          Create the link
        </button>
      </div>
    </Dialog>
  );
}

function MadeDialog({ session, onClose }: { session: PortalSession; onClose: () => void }) {
  return (
    <Dialog title={`Portal of ${session.tenant}`} onClose={onClose}>
      <SecretPanel
        title="The link"
        secret={session.url}
        copyLabel="Copy the link"
        actions={
          <>
            <a
              className="button primary"
              href={session.url}
              target="_blank"
              rel="noopener noreferrer"
            >
              Open it in a tab
            </a>
            <button type="button" className="button" onClick={onClose}>
              Done
            </button>
          </>
        }
      >
        <p>
          It ends <RelativeTime at={session.expires_at} /> and is shown only once: copy it now.
        </p>
      </SecretPanel>
    </Dialog>
  );
}

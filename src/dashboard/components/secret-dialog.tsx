import { useState } from 'react';

import { api, ask } from '../api/client.ts';
import { useAction } from '../data/use-action.ts';
import { plural } from '../format.ts';
import { Identifier } from './copy-button.tsx';
import { ConfirmDialog, Dialog } from './dialog.tsx';
import { Field, errorsAt } from './field.tsx';
import { ErrorNotice } from './notice.tsx';
import { SecretPanel } from './secret-panel.tsx';
import { RelativeTime } from './time.tsx';

const OVERLAPS: readonly (readonly [number, string])[] = [
  [24, 'for a day more'],
  [72, 'for three days more'],
  [168, 'for a week more'],
  [0, 'no longer: it has leaked'],
];

interface Shown {
  secret: string;
  isNew: boolean;
  publicKey: string | null;
  previous: readonly { created_at: string; expires_at: string }[];
}

/** Shows a subscription's secret when asked to, and gives it another. */
export function SecretDialog({
  id,
  onClose,
  onChange,
}: {
  id: string;
  onClose: () => void;
  onChange: () => void;
}) {
  const [shown, setShown] = useState<Shown>();
  const [overlapHours, setOverlapHours] = useState(24);
  const [isAsked, setIsAsked] = useState(false);
  const load = async (isNew: boolean) => {
    const found = await ask(api.GET('/subscriptions/{id}/secret', { params: { path: { id } } }));
    setShown({
      secret: found.secret,
      isNew,
      publicKey: found.public_key,
      previous: found.previous,
    });
  };
  const show = useAction(() => load(false));
  const rotate = useAction(async () => {
    await ask(
      api.POST('/subscriptions/{id}/secret/rotate', {
        params: { path: { id } },
        body: { overlap_hours: overlapHours },
      }),
    );
    setIsAsked(false);
    await load(true);
    onChange();
  });
  return (
    <Dialog title="Signing secret" onClose={onClose}>
      {shown === undefined ? (
        <p>Receivers verify deliveries with it. Showing it is recorded in the audit log.</p>
      ) : (
        <SecretPanel title={shown.isNew ? 'The new secret' : 'The secret'} secret={shown.secret}>
          <PreviousSecrets previous={shown.previous} />
          {shown.publicKey !== null && (
            <p>
              Public key <Identifier value={shown.publicKey} />
            </p>
          )}
        </SecretPanel>
      )}
      <Field
        label="After a rotation, keep the old secret for"
        errors={errorsAt(rotate.error, '/overlap_hours')}
        hint="Meanwhile deliveries carry a signature of each, so the receiver can switch at any time."
      >
        {(control) => (
          <select
            {...control}
            value={overlapHours}
            onChange={(event) => setOverlapHours(Number(event.target.value))}
          >
            {OVERLAPS.map(([hours, name]) => (
              <option key={hours} value={hours}>
                {name}
              </option>
            ))}
          </select>
        )}
      </Field>
      <ErrorNotice error={show.error ?? rotate.error} />
      <div className="actions dialog-actions">
        <button type="button" className="button" onClick={onClose}>
          Close
        </button>
        {shown === undefined && (
          <button
            type="button"
            className="button"
            disabled={show.isRunning}
            onClick={() => void show.run()}
          >
            Show
          </button>
        )}
        <button
          type="button"
          className="button primary"
          disabled={rotate.isRunning}
          onClick={() => setIsAsked(true)}
        >
          Rotate
        </button>
      </div>
      {isAsked && (
        <ConfirmDialog
          title="Rotate the secret?"
          confirmLabel="Rotate it"
          action={rotate}
          onClose={() => setIsAsked(false)}
        >
          <p>
            {overlapHours === 0
              ? 'The old secret ends now: receivers that check with it refuse every delivery until they have the new one.'
              : 'A new secret signs from now on. Receivers need it before the old one ends.'}
          </p>
        </ConfirmDialog>
      )}
    </Dialog>
  );
}

function PreviousSecrets({ previous }: Pick<Shown, 'previous'>) {
  const [next] = previous;
  if (next === undefined) return <p>It is the only secret.</p>;
  return (
    <p>
      {plural(previous.length, 'previous secret also signs', 'previous secrets also sign')}; the
      newest of them ends <RelativeTime at={next.expires_at} />.
    </p>
  );
}

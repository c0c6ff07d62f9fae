import type { ApiError } from '../api/client.ts';
import { STATUS } from '../explain.ts';
import type { EndedStatus, ReplayDraft } from '../replay-draft.ts';
import { Field, errorsAt } from './field.tsx';

const STATUSES: readonly EndedStatus[] = [
  'failed',
  'discarded',
  'cancelled',
  'delivered',
  'filtered',
];

/** What is to be replayed, and how fast. */
export function ReplayFields({
  draft,
  error,
  onChange,
}: {
  draft: ReplayDraft;
  error: ApiError | undefined;
  onChange: (change: Partial<ReplayDraft>) => void;
}) {
  const errors = (pointer: string) => errorsAt(error, pointer);
  const isOfDeliveries = draft.source === 'deliveries';
  return (
    <>
      <Field label="What" errors={errors('/source')}>
        {(control) => (
          <select
            {...control}
            data-autofocus
            value={draft.source}
            onChange={(event) => onChange({ source: event.target.value as ReplayDraft['source'] })}
          >
            <option value="deliveries">Deliveries of this subscription</option>
            <option value="events">Events of its types that it has missed</option>
          </select>
        )}
      </Field>
      <div className="field-row">
        <TimeField
          label="From"
          value={draft.from}
          errors={errors('/created_after')}
          onChange={(from) => onChange({ from })}
        />
        <TimeField
          label="Until"
          value={draft.until}
          errors={errors('/created_before')}
          onChange={(until) => onChange({ until })}
        />
      </div>
      {isOfDeliveries && (
        <StatusChoice draft={draft} errors={errors('/statuses')} onChange={onChange} />
      )}
      <Field
        label="Event types"
        errors={errors('/event_types')}
        isOptional
        hint="Names or wildcards, as in order.*"
      >
        {(control) => (
          <input
            {...control}
            value={draft.eventTypes}
            autoComplete="off"
            spellCheck={false}
            onChange={(event) => onChange({ eventTypes: event.target.value })}
          />
        )}
      </Field>
      <div className="field-row">
        {isOfDeliveries && (
          <Field
            label="To another subscription"
            errors={errors('/target_subscription_id')}
            isOptional
            hint="Its id. Without one, they are sent here again."
          >
            {(control) => (
              <input
                {...control}
                value={draft.targetId}
                autoComplete="off"
                spellCheck={false}
                onChange={(event) => onChange({ targetId: event.target.value })}
              />
            )}
          </Field>
        )}
        <Field
          label="Deliveries a second"
          errors={errors('/rate_limit')}
          isOptional
          hint="As fast as the receiver takes them, unless given."
        >
          {(control) => (
            <input
              {...control}
              inputMode="numeric"
              value={draft.rateLimit}
              onChange={(event) => onChange({ rateLimit: event.target.value })}
            />
          )}
        </Field>
      </div>
    </>
  );
}

function TimeField({
  label,
  value,
  errors,
  onChange,
}: {
  label: string;
  value: string;
  errors: readonly string[];
  onChange: (value: string) => void;
}) {
  return (
    <Field label={label} errors={errors} isOptional>
      {(control) => (
        <input
          {...control}
          type="datetime-local"
          step={1}
          value={value}
          onChange={(event) => onChange(event.target.value)}
        />
      )}
    </Field>
  );
}

function StatusChoice({
  draft,
  errors,
  onChange,
}: {
  draft: ReplayDraft;
  errors: readonly string[];
  onChange: (change: Partial<ReplayDraft>) => void;
}) {
  return (
    <fieldset className="field">
      <legend>Ended as</legend>
      <div className="replay-statuses">
        {STATUSES.map((status) => (
          <label key={status} className="check">
            <input
              type="checkbox"
              checked={draft.statuses.includes(status)}
              onChange={(event) =>
                onChange({
                  statuses: event.target.checked
                    ? [...draft.statuses, status]
                    : draft.statuses.filter((one) => one !== status),
                })
              }
            />
            <span>{status === 'filtered' ? 'Filtered' : STATUS[status].label}</span>
          </label>
        ))}
      </div>
      {errors.length > 0 && (
        <ul className="field-errors" role="alert">
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      )}
    </fieldset>
  );
}

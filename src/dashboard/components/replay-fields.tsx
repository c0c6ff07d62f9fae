import type { ApiError } from '../api/client.ts';
import { STATUS } from '../explain.ts';
import type { EndedStatus, ReplayDraft } from '../replay-draft.ts';
import { keyOf } from '../data/use-list-filters.ts';
import { Field, errorsAt } from './field.tsx';
import { TextField } from './text-field.tsx';

const STATUSES: readonly EndedStatus[] = [
  'failed',
  'discarded',
  'cancelled',
  'delivered',
  'filtered',
];

const SOURCES: Readonly<Record<ReplayDraft['source'], string>> = {
  deliveries: 'Deliveries of this subscription',
  events: 'Events of its types that it has missed',
};

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
            onChange={(event) =>
              onChange({ source: keyOf(SOURCES, event.target.value) ?? draft.source })
            }
          >
            {Object.entries(SOURCES).map(([value, name]) => (
              <option key={value} value={value}>
                {name}
              </option>
            ))}
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
      <TextField
        label="Event types"
        hint="Names or wildcards, as in order.*"
        errors={errors('/event_types')}
        isOptional
        isCode
        value={draft.eventTypes}
        onChange={(eventTypes) => onChange({ eventTypes })}
      />
      <div className="field-row">
        {isOfDeliveries && (
          <TextField
            label="To another subscription"
            hint="Its id. Without one, they are sent here again."
            errors={errors('/target_subscription_id')}
            isOptional
            isCode
            value={draft.targetId}
            onChange={(targetId) => onChange({ targetId })}
          />
        )}
        <TextField
          label="Deliveries a second"
          hint="As fast as the receiver takes them, unless given."
          errors={errors('/rate_limit')}
          isOptional
          inputMode="numeric"
          value={draft.rateLimit}
          onChange={(rateLimit) => onChange({ rateLimit })}
        />
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

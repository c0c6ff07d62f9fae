import { useState } from 'react';
import type { FormEvent, ReactNode } from 'react';

import { IfMay } from '../data/caller.tsx';
import type { Action } from '../data/use-action.ts';
import { useEventTypes } from '../data/use-event-types.ts';
import type { SubscriptionDraft } from '../subscription-draft.ts';
import { Field, errorsAt, otherErrors } from './field.tsx';
import { ErrorNotice, Notice } from './notice.tsx';
import { PairEditor } from './pair-editor.tsx';
import { DeliveryFields } from './subscription-form-delivery.tsx';
import { FilterFields } from './subscription-form-filter.tsx';
import { SigningFields } from './subscription-form-signing.tsx';

/** More would be a list to read. */
const MAX_OFFERED = 20;

const POINTERS = [
  '/tenant',
  '/name',
  '/description',
  '/target_url',
  '/event_types',
  '/filter',
  '/secret',
  '/signature_schemes',
  '/ingest_signature',
  '/headers',
  '/metadata',
  '/rate_limit',
  '/max_concurrency',
  '/retry_schedule',
  '/timeout_ms',
];

interface SubscriptionFormProps {
  initial: SubscriptionDraft;
  action: Action<[SubscriptionDraft]>;
  isNew: boolean;
  submitLabel: string;
  cancel: ReactNode;
}

/** Create and edit alike. The server judges; what it says stands at the field it speaks of. */
export function SubscriptionForm({
  initial,
  action,
  isNew,
  submitLabel,
  cancel,
}: SubscriptionFormProps) {
  const [draft, setDraft] = useState(initial);
  const set = (change: Partial<SubscriptionDraft>) =>
    setDraft((before) => ({ ...before, ...change }));
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void action.run(draft);
  };
  const errors = (pointer: string) => errorsAt(action.error, pointer);
  const general = otherErrors(action.error, POINTERS);
  return (
    <form className="form" onSubmit={submit} noValidate>
      <Field
        label="Target URL"
        errors={errors('/target_url')}
        hint="Where deliveries are sent with POST: http or https."
      >
        {(control) => (
          <input
            {...control}
            type="url"
            inputMode="url"
            required
            autoComplete="off"
            placeholder="https://receiver.example/hooks"
            value={draft.targetUrl}
            onChange={(event) => set({ targetUrl: event.target.value })}
          />
        )}
      </Field>
      <Field
        label="Event types"
        errors={errors('/event_types')}
        hint={
          <>
            One a line, or separated by commas; <code>*</code> stands for any run of characters.
            Empty means all.
          </>
        }
        isOptional
      >
        {(control) => (
          <textarea
            {...control}
            className="mono"
            rows={3}
            spellCheck={false}
            placeholder={'order.*\ninvoice.paid'}
            value={draft.eventTypes}
            onChange={(event) => set({ eventTypes: event.target.value })}
          />
        )}
      </Field>
      <KnownTypes draft={draft} set={set} />
      <div className="field-row">
        <Field label="Name" errors={errors('/name')} isOptional>
          {(control) => (
            <input
              {...control}
              value={draft.name}
              onChange={(event) => set({ name: event.target.value })}
            />
          )}
        </Field>
        {isNew && (
          <IfMay do="seeAllTenants">
            <Field label="Tenant" errors={errors('/tenant')} isOptional>
              {(control) => (
                <input
                  {...control}
                  placeholder="default"
                  value={draft.tenant}
                  onChange={(event) => set({ tenant: event.target.value })}
                />
              )}
            </Field>
          </IfMay>
        )}
      </div>
      <Field label="Description" errors={errors('/description')} isOptional>
        {(control) => (
          <input
            {...control}
            value={draft.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        )}
      </Field>
      <FilterFields draft={draft} set={set} errors={errors} />
      <SigningFields draft={draft} set={set} errors={errors} isNew={isNew} />
      <DeliveryFields draft={draft} set={set} errors={errors} />
      <PairEditor
        legend="Headers"
        hint="Sent with every delivery. Those that HTTP or Posthorn itself sets are refused."
        addLabel="Add a header"
        pairs={draft.headers}
        errors={errors('/headers')}
        onChange={(headers) => set({ headers })}
      />
      <PairEditor
        legend="Metadata"
        hint="Your own notes; Posthorn does not look at them."
        addLabel="Add a note"
        pairs={draft.metadata}
        errors={errors('/metadata')}
        onChange={(metadata) => set({ metadata })}
      />
      {isNew && (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.isPaused}
            onChange={(event) => set({ isPaused: event.target.checked })}
          />
          <span>Start paused: take events and hold them until resumed.</span>
        </label>
      )}
      {action.error?.items.length ? (
        <Notice tone="bad" title="Not saved">
          {general.length > 0 ? (
            <ul>
              {general.map(({ pointer, detail }) => (
                <li key={pointer + detail}>
                  {pointer} {detail}
                </li>
              ))}
            </ul>
          ) : (
            'See the marked fields above.'
          )}
        </Notice>
      ) : (
        <ErrorNotice error={action.error} />
      )}
      <div className="actions form-actions">
        <button type="submit" className="button primary" disabled={action.isRunning}>
          {submitLabel}
        </button>
        {cancel}
      </div>
    </form>
  );
}

/** The catalogue's types that are not named yet, to be added at a click. */
function KnownTypes({
  draft,
  set,
}: {
  draft: SubscriptionDraft;
  set: (change: Partial<SubscriptionDraft>) => void;
}) {
  const named = draft.eventTypes.split(/[\s,]+/).filter((name) => name !== '');
  const others = useEventTypes(draft.tenant)
    .filter(({ name, deprecated }) => !deprecated && !named.includes(name))
    .slice(0, MAX_OFFERED);
  if (others.length === 0) return null;
  return (
    <div className="actions offers" role="group" aria-label="From the catalogue">
      {others.map(({ name, description }) => (
        <button
          key={name}
          type="button"
          className="button small"
          title={description ?? name}
          onClick={() => set({ eventTypes: [...named, name].join('\n') })}
        >
          + {name}
        </button>
      ))}
    </div>
  );
}

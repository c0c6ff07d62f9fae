import { useState } from 'react';
import type { ReactNode } from 'react';

import { IfMay } from '../data/caller.tsx';
import type { Action } from '../data/use-action.ts';
import { useEventTypes } from '../data/use-event-types.ts';
import type { SubscriptionDraft } from '../subscription-draft.ts';
import { errorsAt } from './field.tsx';
import { FormErrors } from './form-errors.tsx';
import { Form } from './form.tsx';
import { PairEditor } from './pair-editor.tsx';
import { DeliveryFields } from './subscription-form-delivery.tsx';
import type { PartProps } from './subscription-form-delivery.tsx';
import { FilterFields } from './subscription-form-filter.tsx';
import { SigningFields } from './subscription-form-signing.tsx';
import { TextArea, TextField } from './text-field.tsx';

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
  const errors = (pointer: string) => errorsAt(action.error, pointer);
  const part = { draft, set, errors };
  return (
    <Form action={action} onSubmit={() => void action.run(draft)}>
      <WhatAndWhere {...part} />
      <KnownTypes draft={draft} set={set} />
      <NameFields {...part} isNew={isNew} />
      <FilterFields {...part} />
      <SigningFields {...part} isNew={isNew} />
      <DeliveryFields {...part} />
      <Pairs {...part} />
      {isNew && (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.isPaused}
            onChange={(event) => set({ isPaused: event.target.checked })}
          />
          <span>Start paused: accept events and hold them until resumed.</span>
        </label>
      )}
      <FormErrors error={action.error} pointers={POINTERS} />
      <div className="actions form-actions">
        <button type="submit" className="button primary" disabled={action.isRunning}>
          {submitLabel}
        </button>
        {cancel}
      </div>
    </Form>
  );
}

function WhatAndWhere({ draft, set, errors }: PartProps) {
  return (
    <>
      <TextField
        label="Target URL"
        hint="Where deliveries are sent with POST: http or https."
        errors={errors('/target_url')}
        type="url"
        inputMode="url"
        required
        autoComplete="off"
        placeholder="https://receiver.example/hooks"
        value={draft.targetUrl}
        onChange={(targetUrl) => set({ targetUrl })}
      />
      <TextArea
        label="Event types"
        hint={
          <>
            One a line, or separated by commas; <code>*</code> stands for any run of characters.
            Empty means all.
          </>
        }
        errors={errors('/event_types')}
        isCode
        isOptional
        rows={3}
        placeholder={'order.*\ninvoice.paid'}
        value={draft.eventTypes}
        onChange={(eventTypes) => set({ eventTypes })}
      />
    </>
  );
}

function NameFields({ draft, set, errors, isNew }: PartProps & { isNew: boolean }) {
  return (
    <>
      <div className="field-row">
        <TextField
          label="Name"
          errors={errors('/name')}
          isOptional
          value={draft.name}
          onChange={(name) => set({ name })}
        />
        {isNew && (
          <IfMay do="seeAllTenants">
            <TextField
              label="Tenant"
              errors={errors('/tenant')}
              isOptional
              placeholder="default"
              value={draft.tenant}
              onChange={(tenant) => set({ tenant })}
            />
          </IfMay>
        )}
      </div>
      <TextField
        label="Description"
        errors={errors('/description')}
        isOptional
        value={draft.description}
        onChange={(description) => set({ description })}
      />
    </>
  );
}

function Pairs({ draft, set, errors }: PartProps) {
  return (
    <>
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
        hint="Your own notes; Posthorn does not use them."
        addLabel="Add a note"
        pairs={draft.metadata}
        errors={errors('/metadata')}
        onChange={(metadata) => set({ metadata })}
      />
    </>
  );
}

/** The catalogue's types that are not named yet, to be added at a click. */
function KnownTypes({ draft, set }: Pick<PartProps, 'draft' | 'set'>) {
  const named = draft.eventTypes.split(/[\s,]+/).filter((name) => name !== '');
  const others = useEventTypes(draft.tenant)
    .map(({ type }) => type)
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

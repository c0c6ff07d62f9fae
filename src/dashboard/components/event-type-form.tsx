import { useState } from 'react';
import type { ReactNode } from 'react';

import { IfMay } from '../data/caller.tsx';
import type { Action } from '../data/use-action.ts';
import type { EventTypeDraft } from '../event-type-draft.ts';
import { faultOf } from '../json-text.ts';
import { errorsAt } from './field.tsx';
import { Segments } from './filters.tsx';
import { FormErrors } from './form-errors.tsx';
import { Form } from './form.tsx';
import { TextArea, TextField } from './text-field.tsx';

const POINTERS = ['/tenant', '/name', '/description', '/schema', '/example', '/replaced_by'];

const ENFORCEMENT: readonly (readonly [EventTypeDraft['enforce'], string])[] = [
  ['off', 'Are not looked at'],
  ['warn', 'Are warned of'],
  ['reject', 'Are refused'],
];

interface EventTypeFormProps {
  initial: EventTypeDraft;
  action: Action<[EventTypeDraft]>;
  isNew: boolean;
  cancel: ReactNode;
}

interface PartProps {
  draft: EventTypeDraft;
  set: (change: Partial<EventTypeDraft>) => void;
  errors: (pointer: string) => string[];
}

/** Create and edit alike. */
export function EventTypeForm({ initial, action, isNew, cancel }: EventTypeFormProps) {
  const [draft, setDraft] = useState(initial);
  const set = (change: Partial<EventTypeDraft>) => setDraft((before) => ({ ...before, ...change }));
  const isJson = faultOf(draft.schema) === undefined && faultOf(draft.example) === undefined;
  const errors = (pointer: string) => errorsAt(action.error, pointer);
  const part = { draft, set, errors };
  const isBreaking = action.error?.code === 'breaking_change';
  return (
    <Form action={action} onSubmit={() => isJson && void action.run(draft)}>
      {isNew && <NameFields {...part} />}
      <TextArea
        label="Description"
        errors={errors('/description')}
        rows={2}
        isOptional
        value={draft.description}
        onChange={(description) => set({ description })}
      />
      <JsonFields {...part} />
      <fieldset className="field">
        <legend>Payloads that do not conform</legend>
        <Segments
          label="Payloads that do not conform"
          value={draft.enforce}
          options={ENFORCEMENT}
          onChange={(enforce) => set({ enforce })}
        />
      </fieldset>
      <DeprecationFields {...part} />
      {isBreaking && (
        <label className="check">
          <input
            type="checkbox"
            checked={draft.allowBreaking}
            onChange={(event) => set({ allowBreaking: event.target.checked })}
          />
          <span>Save it although it breaks consumers.</span>
        </label>
      )}
      <FormErrors
        error={action.error}
        pointers={POINTERS}
        title={isBreaking ? 'This breaks consumers' : 'Not saved'}
      />
      <div className="actions form-actions">
        <button type="submit" className="button primary" disabled={action.isRunning}>
          {isNew ? 'Create the event type' : 'Save'}
        </button>
        {cancel}
      </div>
    </Form>
  );
}

function NameFields({ draft, set, errors }: PartProps) {
  return (
    <div className="field-row">
      <TextField
        label="Name"
        errors={errors('/name')}
        isCode
        required
        placeholder="order.created"
        value={draft.name}
        onChange={(name) => set({ name: name.trim() })}
      />
      <IfMay do="seeAllTenants">
        <TextField
          label="Tenant"
          errors={errors('/tenant')}
          isOptional
          placeholder="default"
          value={draft.tenant}
          onChange={(tenant) => set({ tenant: tenant.trim() })}
        />
      </IfMay>
    </div>
  );
}

function JsonFields({ draft, set, errors }: PartProps) {
  const errorsOf = (member: 'schema' | 'example') => {
    const fault = faultOf(draft[member]);
    return fault === undefined ? errors(`/${member}`) : [fault];
  };
  return (
    <>
      <TextArea
        label="Schema"
        hint="JSON Schema, draft 2020-12, of the payload."
        errors={errorsOf('schema')}
        isCode
        isOptional
        rows={14}
        value={draft.schema}
        onChange={(schema) => set({ schema })}
      />
      <TextArea
        label="Example"
        hint="A payload as it may be. It has to conform to the schema."
        errors={errorsOf('example')}
        isCode
        isOptional
        rows={8}
        value={draft.example}
        onChange={(example) => set({ example })}
      />
    </>
  );
}

function DeprecationFields({ draft, set, errors }: PartProps) {
  return (
    <>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.isDeprecated}
          onChange={(event) => set({ isDeprecated: event.target.checked })}
        />
        <span>Deprecated: consumers should no longer rely on it.</span>
      </label>
      {draft.isDeprecated && (
        <TextField
          label="Replaced by"
          errors={errors('/replaced_by')}
          isCode
          isOptional
          value={draft.replacedBy}
          onChange={(replacedBy) => set({ replacedBy: replacedBy.trim() })}
        />
      )}
    </>
  );
}

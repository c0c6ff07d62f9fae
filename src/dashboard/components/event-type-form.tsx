import { useState } from 'react';
import type { FormEvent, ReactNode } from 'react';

import type { Action } from '../data/use-action.ts';
import { faultOf } from '../event-type-draft.ts';
import type { EventTypeDraft } from '../event-type-draft.ts';
import { Field, errorsAt, otherErrors } from './field.tsx';
import { Segments } from './filters.tsx';
import { ErrorNotice, Notice } from './notice.tsx';

const POINTERS = ['/tenant', '/name', '/description', '/schema', '/example', '/replaced_by'];

interface EventTypeFormProps {
  initial: EventTypeDraft;
  action: Action<[EventTypeDraft]>;
  isNew: boolean;
  cancel: ReactNode;
}

/** Create and edit alike. */
export function EventTypeForm({ initial, action, isNew, cancel }: EventTypeFormProps) {
  const [draft, setDraft] = useState(initial);
  const set = (change: Partial<EventTypeDraft>) => setDraft((before) => ({ ...before, ...change }));
  const faults = { schema: faultOf(draft.schema), example: faultOf(draft.example) };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (faults.schema === undefined && faults.example === undefined) void action.run(draft);
  };
  const errors = (pointer: string) => errorsAt(action.error, pointer);
  const isBreaking = action.error?.code === 'breaking_change';
  const json = (member: 'schema' | 'example', label: string, hint: ReactNode, rows: number) => (
    <Field
      label={label}
      errors={faults[member] === undefined ? errors(`/${member}`) : [faults[member]]}
      hint={hint}
      isOptional
    >
      {(control) => (
        <textarea
          {...control}
          className="mono"
          rows={rows}
          spellCheck={false}
          value={draft[member]}
          onChange={(event) => set({ [member]: event.target.value })}
        />
      )}
    </Field>
  );
  return (
    <form className="form" onSubmit={submit} noValidate>
      {isNew && (
        <div className="field-row">
          <Field label="Name" errors={errors('/name')}>
            {(control) => (
              <input
                {...control}
                className="mono"
                required
                autoComplete="off"
                spellCheck={false}
                placeholder="order.created"
                value={draft.name}
                onChange={(event) => set({ name: event.target.value.trim() })}
              />
            )}
          </Field>
          <Field label="Tenant" errors={errors('/tenant')} isOptional>
            {(control) => (
              <input
                {...control}
                placeholder="default"
                value={draft.tenant}
                onChange={(event) => set({ tenant: event.target.value.trim() })}
              />
            )}
          </Field>
        </div>
      )}
      <Field label="Description" errors={errors('/description')} isOptional>
        {(control) => (
          <textarea
            {...control}
            rows={2}
            value={draft.description}
            onChange={(event) => set({ description: event.target.value })}
          />
        )}
      </Field>
      {json('schema', 'Schema', 'JSON Schema, draft 2020-12, of the payload.', 14)}
      {json('example', 'Example', 'A payload as it may be. It has to be what the schema says.', 8)}
      <fieldset className="field">
        <legend>Payloads that do not conform</legend>
        <Segments
          label="Payloads that do not conform"
          value={draft.enforce}
          options={[
            ['off', 'Are not looked at'],
            ['warn', 'Are warned of'],
            ['reject', 'Are refused'],
          ]}
          onChange={(enforce) => set({ enforce })}
        />
      </fieldset>
      <label className="check">
        <input
          type="checkbox"
          checked={draft.isDeprecated}
          onChange={(event) => set({ isDeprecated: event.target.checked })}
        />
        <span>Deprecated: consumers should no longer rely on it.</span>
      </label>
      {draft.isDeprecated && (
        <Field label="Replaced by" errors={errors('/replaced_by')} isOptional>
          {(control) => (
            <input
              {...control}
              className="mono"
              value={draft.replacedBy}
              onChange={(event) => set({ replacedBy: event.target.value.trim() })}
            />
          )}
        </Field>
      )}
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
      {action.error?.items.length ? (
        <Notice tone="bad" title={isBreaking ? 'This breaks consumers' : 'Not saved'}>
          {otherErrors(action.error, POINTERS)
            .map(({ pointer, detail }) => `${pointer} ${detail}`)
            .join('; ') || 'See the marked fields above.'}
        </Notice>
      ) : (
        <ErrorNotice error={action.error} />
      )}
      <div className="actions form-actions">
        <button type="submit" className="button primary" disabled={action.isRunning}>
          {isNew ? 'Create the event type' : 'Save'}
        </button>
        {cancel}
      </div>
    </form>
  );
}

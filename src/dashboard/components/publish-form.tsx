import { IfMay } from '../data/caller.tsx';
import type { Action } from '../data/use-action.ts';
import type { WrittenEventType } from '../event-type-draft.ts';
import { faultOf } from '../json-text.ts';
import type { PublishDraft } from '../snippets.ts';
import { errorsAt } from './field.tsx';
import { FormErrors } from './form-errors.tsx';
import { Form } from './form.tsx';
import { Icon } from './icon.tsx';
import { TextArea, TextField } from './text-field.tsx';

const POINTERS = ['/tenant', '/event_type', '/payload', '/ordering_key', '/header/idempotency-key'];

interface PublishFormProps {
  draft: PublishDraft;
  types: readonly WrittenEventType[];
  onChange: (change: Partial<PublishDraft>) => void;
  action: Action<[]>;
}

export function PublishForm({ draft, types, onChange, action }: PublishFormProps) {
  const errors = (pointer: string) => errorsAt(action.error, pointer);
  const fault = draft.payload.trim() === '' ? 'A JSON value is needed' : faultOf(draft.payload);
  return (
    <Form action={action} onSubmit={() => fault === undefined && void action.run()}>
      <div className="field-row">
        <TextField
          label="Event type"
          errors={errors('/event_type')}
          isCode
          list="event-types"
          value={draft.eventType}
          onChange={(eventType) => onChange({ eventType: eventType.trim() })}
        />
        <datalist id="event-types">
          {types.map(({ type: { name, description } }) => (
            <option key={name} value={name}>
              {description}
            </option>
          ))}
        </datalist>
        <IfMay do="seeAllTenants">
          <TextField
            label="Tenant"
            errors={errors('/tenant')}
            isOptional
            placeholder="default"
            value={draft.tenant}
            onChange={(tenant) => onChange({ tenant: tenant.trim() })}
          />
        </IfMay>
      </div>
      <TextArea
        label="Payload"
        hint="Any JSON value. Receivers get exactly these characters."
        errors={fault === undefined ? errors('/payload') : [fault]}
        isCode
        rows={12}
        value={draft.payload}
        onChange={(payload) => onChange({ payload })}
      />
      <div className="field-row">
        <TextField
          label="Ordering key"
          hint="Events of one key arrive in order."
          errors={errors('/ordering_key')}
          isOptional
          value={draft.orderingKey}
          onChange={(orderingKey) => onChange({ orderingKey })}
        />
        <TextField
          label="Idempotency key"
          hint="Repeated requests with this key create no second event."
          errors={errors('/header/idempotency-key')}
          isOptional
          value={draft.idempotencyKey}
          onChange={(idempotencyKey) => onChange({ idempotencyKey })}
        />
      </div>
      <FormErrors error={action.error} pointers={POINTERS} title="Not published" />
      <div className="actions">
        <button type="submit" className="button primary" disabled={action.isRunning}>
          <Icon name="publish" /> Publish
        </button>
      </div>
    </Form>
  );
}

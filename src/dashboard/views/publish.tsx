import { useEffect, useRef, useState } from 'react';
import type { FormEvent } from 'react';

import { api, ask } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import type { EventType } from '../api/types.ts';
import { CodeBlock } from '../components/code-block.tsx';
import { Field, errorsAt, otherErrors } from '../components/field.tsx';
import { Segments } from '../components/filters.tsx';
import { Icon } from '../components/icon.tsx';
import { ErrorNotice, Notice } from '../components/notice.tsx';
import { Page, Panel } from '../components/page.tsx';
import { PublishResult } from '../components/publish-result.tsx';
import { useAction } from '../data/use-action.ts';
import { useEventTypes } from '../data/use-event-types.ts';
import { printed } from '../event-type-draft.ts';
import { useQuery } from '../router.tsx';
import { publishBody, snippetOf } from '../snippets.ts';
import type { Language, PublishDraft } from '../snippets.ts';

const SAMPLE = `{
  "order": {
    "id": 8123,
    "total": "49.90",
    "currency": "EUR"
  }
}`;

const POINTERS = ['/tenant', '/event_type', '/payload', '/ordering_key', '/header/idempotency-key'];

export function PublishView() {
  const [query] = useQuery();
  const [draft, setDraft] = useState<PublishDraft>({
    tenant: query.get('tenant') ?? '',
    eventType: query.get('event_type') ?? 'order.created',
    payload: SAMPLE,
    orderingKey: '',
    idempotencyKey: '',
  });
  useCopyOf(query.get('from'), setDraft);
  const types = useExamples(draft, query.get('from') === null, setDraft);
  const [sent, setSent] = useState<{ id: string; deliveries: number }>();
  const publish = useAction(async () => {
    const { idempotencyKey } = draft;
    const receipt = await ask(
      api.POST('/events', {
        params: idempotencyKey === '' ? {} : { header: { 'Idempotency-Key': idempotencyKey } },
        body: draft as never,
        bodySerializer: () => publishBody(draft),
      }),
    );
    if ('id' in receipt) setSent(receipt);
  });
  return (
    <Page
      title="Publish"
      subtitle="Send an event to every subscription that wants its type, from here or from your code."
    >
      <div className="columns columns-even">
        <div>
          <PublishForm
            draft={draft}
            types={types}
            onChange={(change) => setDraft((before) => ({ ...before, ...change }))}
            action={publish}
          />
          {sent !== undefined && <PublishResult key={sent.id} receipt={sent} />}
        </div>
        <Snippets draft={draft} />
      </div>
    </Page>
  );
}

/** Fills the form in with an event published before. */
function useCopyOf(eventId: string | null, setDraft: (draft: PublishDraft) => void) {
  useEffect(() => {
    if (eventId === null) return;
    const path = { id: eventId };
    const load = async () => {
      const event = await ask(api.GET('/events/{id}', { params: { path } }));
      const payload = await ask(
        api.GET('/events/{id}/payload', { params: { path }, parseAs: 'text' }),
      );
      setDraft({
        tenant: event.tenant === 'default' ? '' : event.tenant,
        eventType: event.event_type,
        payload: String(payload),
        orderingKey: event.ordering_key ?? '',
        idempotencyKey: '',
      });
    };
    // Where it is gone, the form is as it would have been without.
    load().catch(() => undefined);
  }, [eventId, setDraft]);
}

/** The tenant's event types. Choosing one fills its example in, where nobody has written a payload. */
function useExamples(
  { tenant, eventType, payload }: PublishDraft,
  isWanted: boolean,
  setDraft: (change: (draft: PublishDraft) => PublishDraft) => void,
): readonly EventType[] {
  const types = useEventTypes(tenant);
  const example = printed(types.find(({ name }) => name === eventType)?.example);
  const filledIn = useRef(SAMPLE);
  const isUntouched = payload === filledIn.current;
  useEffect(() => {
    if (!isWanted || !isUntouched || example === '') return;
    filledIn.current = example;
    setDraft((draft) => ({ ...draft, payload: example }));
  }, [example, isUntouched, isWanted, setDraft]);
  return types;
}

function PublishForm({
  draft,
  types,
  onChange,
  action,
}: {
  draft: PublishDraft;
  types: readonly EventType[];
  onChange: (change: Partial<PublishDraft>) => void;
  action: ReturnType<typeof useAction<[]>>;
}) {
  const errors = (pointer: string) => errorsAt(action.error, pointer);
  const fault = jsonFault(draft.payload);
  const general = otherErrors(action.error, POINTERS);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (fault === undefined) void action.run();
  };
  return (
    <form className="form" onSubmit={submit} noValidate>
      <div className="field-row">
        <Field label="Event type" errors={errors('/event_type')}>
          {(control) => (
            <input
              {...control}
              className="mono"
              spellCheck={false}
              autoComplete="off"
              list="event-types"
              value={draft.eventType}
              onChange={(event) => onChange({ eventType: event.target.value.trim() })}
            />
          )}
        </Field>
        <datalist id="event-types">
          {types.map(({ name, description }) => (
            <option key={name} value={name}>
              {description}
            </option>
          ))}
        </datalist>
        <Field label="Tenant" errors={errors('/tenant')} isOptional>
          {(control) => (
            <input
              {...control}
              placeholder="default"
              value={draft.tenant}
              onChange={(event) => onChange({ tenant: event.target.value.trim() })}
            />
          )}
        </Field>
      </div>
      <Field
        label="Payload"
        errors={fault === undefined ? errors('/payload') : [fault]}
        hint="Any JSON value. Receivers get exactly these characters."
      >
        {(control) => (
          <textarea
            {...control}
            className="mono"
            rows={12}
            spellCheck={false}
            value={draft.payload}
            onChange={(event) => onChange({ payload: event.target.value })}
          />
        )}
      </Field>
      <div className="field-row">
        <Field
          label="Ordering key"
          errors={errors('/ordering_key')}
          hint="Events of one key arrive in order."
          isOptional
        >
          {(control) => (
            <input
              {...control}
              value={draft.orderingKey}
              onChange={(event) => onChange({ orderingKey: event.target.value })}
            />
          )}
        </Field>
        <Field
          label="Idempotency key"
          errors={errors('/header/idempotency-key')}
          hint="Sending it again makes nothing new."
          isOptional
        >
          {(control) => (
            <input
              {...control}
              value={draft.idempotencyKey}
              onChange={(event) => onChange({ idempotencyKey: event.target.value })}
            />
          )}
        </Field>
      </div>
      {action.error?.items.length ? (
        general.length > 0 && (
          <Notice tone="bad" title={action.error.title}>
            {general.map(({ pointer, detail }) => `${pointer} ${detail}`).join('; ')}
          </Notice>
        )
      ) : (
        <ErrorNotice error={action.error} />
      )}
      <div className="actions">
        <button type="submit" className="button primary" disabled={action.isRunning}>
          <Icon name="publish" /> Publish
        </button>
      </div>
    </form>
  );
}

function jsonFault(text: string): string | undefined {
  try {
    JSON.parse(text);
    return undefined;
  } catch (error) {
    return text.trim() === '' ? 'A JSON value is needed' : (error as Error).message;
  }
}

function Snippets({ draft }: { draft: PublishDraft }) {
  const { apiKey } = useSession();
  const [language, setLanguage] = useState<Language>('curl');
  const code = snippetOf(language, draft, window.location.origin, apiKey !== null);
  return (
    <Panel
      title="The same from code"
      actions={
        <Segments
          label="Language"
          value={language}
          options={[
            ['curl', 'curl'],
            ['typescript', 'TypeScript'],
            ['python', 'Python'],
          ]}
          onChange={setLanguage}
        />
      }
    >
      <CodeBlock text={code} label={language === 'curl' ? 'Shell' : language} />
      {language !== 'curl' && (
        <p className="hint">
          Serialisers may write the payload’s numbers and spaces differently; curl sends the very
          bytes of the form.
        </p>
      )}
    </Panel>
  );
}

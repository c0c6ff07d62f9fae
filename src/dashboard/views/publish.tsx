import { useEffect, useRef, useState } from 'react';

import { api, ask } from '../api/client.ts';
import { useSession } from '../api/session.ts';
import { CodeBlock } from '../components/code-block.tsx';
import { Segments } from '../components/filters.tsx';
import { Page, Panel } from '../components/page.tsx';
import { PublishForm } from '../components/publish-form.tsx';
import { PublishResult } from '../components/publish-result.tsx';
import { useAction } from '../data/use-action.ts';
import { useEventTypes } from '../data/use-event-types.ts';
import type { WrittenEventType } from '../event-type-draft.ts';
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
        // What is sent is the text below: the payload's numbers would not survive being parsed.
        body: { event_type: draft.eventType, payload: null },
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
): readonly WrittenEventType[] {
  const types = useEventTypes(tenant);
  const example = types.find(({ type }) => type.name === eventType)?.example ?? '';
  const filledIn = useRef(SAMPLE);
  const isUntouched = payload === filledIn.current;
  useEffect(() => {
    if (!isWanted || !isUntouched || example === '') return;
    filledIn.current = example;
    setDraft((draft) => ({ ...draft, payload: example }));
  }, [example, isUntouched, isWanted, setDraft]);
  return types;
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

import { api, ask } from '../api/client.ts';
import { EventTypeForm } from '../components/event-type-form.tsx';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { notify } from '../components/toasts.tsx';
import { useAction } from '../data/use-action.ts';
import { useEventType } from '../data/use-event-types.ts';
import { EMPTY_TYPE, draftOfType, membersOfType } from '../event-type-draft.ts';
import type { EventTypeDraft, WrittenEventType } from '../event-type-draft.ts';
import { withTexts } from '../json-text.ts';
import { Link, href, navigate, useQuery } from '../router.tsx';

/** The request's body with the draft's JSON in it as it was typed. */
const withJson =
  ({ schema, example }: EventTypeDraft) =>
  (body: object) =>
    withTexts(body, { schema, example });

const above = <Link to={href.eventTypes()}>Event types</Link>;

export function NewEventTypeView() {
  const create = useAction(async (draft: EventTypeDraft) => {
    const created = await ask(
      api.POST('/event-types', {
        body: {
          ...membersOfType(draft),
          name: draft.name,
          ...(draft.tenant !== '' && { tenant: draft.tenant }),
        },
        bodySerializer: withJson(draft),
      }),
    );
    navigate(href.eventType(created.name, created.tenant));
  });
  return (
    <Page title="New event type" above={above}>
      <EventTypeForm
        initial={EMPTY_TYPE}
        action={create}
        isNew
        cancel={
          <Link className="button" to={href.eventTypes()}>
            Cancel
          </Link>
        }
      />
    </Page>
  );
}

export function EditEventTypeView({ name }: { name: string }) {
  const [query] = useQuery();
  const { data, error, isLoading, reload } = useEventType(name, query.get('tenant') ?? undefined);
  return (
    <Page title={`Edit ${name}`} above={above}>
      <ErrorNotice error={error} onRetry={reload} />
      {isLoading && <Loading />}
      {data && <EditForm written={data} />}
    </Page>
  );
}

function EditForm({ written }: { written: WrittenEventType }) {
  const { name, tenant } = written.type;
  const save = useAction(async (draft: EventTypeDraft) => {
    const query = { tenant, ...(draft.allowBreaking && { allow_breaking: true }) };
    await ask(
      api.PATCH('/event-types/{name}', {
        params: { path: { name }, query },
        body: membersOfType(draft),
        bodySerializer: withJson(draft),
      }),
    );
    notify('Saved.');
    navigate(href.eventType(name, tenant));
  });
  return (
    <EventTypeForm
      initial={draftOfType(written)}
      action={save}
      isNew={false}
      cancel={
        <Link className="button" to={href.eventType(name, tenant)}>
          Cancel
        </Link>
      }
    />
  );
}

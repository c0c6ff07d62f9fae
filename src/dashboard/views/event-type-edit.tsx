import { api, ask } from '../api/client.ts';
import type { EventType } from '../api/types.ts';
import { EventTypeForm } from '../components/event-type-form.tsx';
import { ErrorNotice, Loading } from '../components/notice.tsx';
import { Page } from '../components/page.tsx';
import { notify } from '../components/toasts.tsx';
import { useAction } from '../data/use-action.ts';
import { draftOfType, membersOfType } from '../event-type-draft.ts';
import type { EventTypeDraft } from '../event-type-draft.ts';
import { Link, href, navigate } from '../router.tsx';
import { useEventType } from './event-type.tsx';

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
      }),
    );
    navigate(href.eventType(created.name, created.tenant));
  });
  return (
    <Page title="New event type" above={above}>
      <EventTypeForm
        initial={draftOfType()}
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
  const { data, error, isLoading, reload } = useEventType(name);
  return (
    <Page title={`Edit ${name}`} above={above}>
      <ErrorNotice error={error} onRetry={reload} />
      {isLoading && <Loading />}
      {data && <EditForm type={data} />}
    </Page>
  );
}

function EditForm({ type }: { type: EventType }) {
  const { name, tenant } = type;
  const save = useAction(async (draft: EventTypeDraft) => {
    const query = { tenant, ...(draft.allowBreaking && { allow_breaking: true }) };
    await ask(
      api.PATCH('/event-types/{name}', {
        params: { path: { name }, query },
        body: membersOfType(draft),
      }),
    );
    notify('Saved.');
    navigate(href.eventType(name, tenant));
  });
  return (
    <EventTypeForm
      initial={draftOfType(type)}
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
